<?php
// SPDX-License-Identifier: GPL-3.0-or-later
// GET ?waste=BYTES makes garbage; ?rate=BYTES&seconds=N is one long request that keeps so much more each second.
$kept = [];
for ($i = 0; $i < ($_GET['waste'] ?? 0) / 64; $i++)
    $kept[] = "a string that is thrown away, number $i";
echo count($kept);
set_time_limit(0);
for ($i = 0; $i < ($_GET['seconds'] ?? 0) * 10; $i++) {
    $kept[] = str_repeat('x', intdiv($_GET['rate'], 10));
    usleep(100000);
}
