/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A playbook of any bytes: it loads, or every refusal has a complaint of one clean line. */
#define FUZZ_SEEDS "playbooks tests/playbooks/ok tests/playbooks/broken"
#include "driver.h"

#include "engine/playbook/playbook.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct diags d = {0};
    struct playbook *p = playbook_parse("fuzz.yaml", (const char *)data, size, &d);
    if (!p && !d.count)
        abort();
    if (p && (d.count || !p->name || !p->title || !p->step_count))
        abort();
    for (size_t i = 0; i < d.count; i++)
        if (!d.items[i].mark.line || strpbrk(d.items[i].text, "\n\r\033") || !*d.items[i].text)
            abort();
    playbook_free(p);
    diags_free(&d);
    return 0;
}
