/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fragment LEAVE_MIB [KEEP_MIB]: leaves the machine with much free memory and next to no free huge page. Faults memory in as
 * small pages until LEAVE_MIB are free (never fewer than 3 GiB), gives every second page back, then takes the huge pages
 * that were left whole, but for KEEP_MIB. Compaction could cure it: these are movable pages. */
#include "scatter.h"

int main(int argc, char **argv)
{
    unsigned long leave = number(argc, argv, 1, 3072), keep = number(argc, argv, 2, 256);
    begin();
    struct area a = area_of_most((leave < 3072 ? 3072 : leave) * MIB);
    area_thin(&a, 2);
    take_huge(keep * MIB);
    ready();
    ended(HOLD_SECONDS_MAX);
    return 0;
}
