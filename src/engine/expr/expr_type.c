/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The algebra of dimensions. A number written without a unit is a count, but next to a ratio it is a ratio, and a bare
 * 0 is nothing of any dimension. */
#include "engine/expr/expr_node.h"

static bool adopt(struct node *n, enum type type)
{
    if (!n->bare || !type_is_number(type) || (type != TYPE_RATIO && n->value.number != 0))
        return false;
    n->type = n->value.type = type;
    return true;
}

bool type_fit(struct node *a, struct node *b)
{
    return a->type == b->type || adopt(a, b->type) || adopt(b, a->type);
}

static void fit_ratio(struct node *a, struct node *b)
{
    if (a->type == TYPE_RATIO && b->bare)
        adopt(b, TYPE_RATIO);
    else if (b->type == TYPE_RATIO && a->bare)
        adopt(a, TYPE_RATIO);
}

/* Products that are neither a multiple nor a share of one side; read backwards they are the quotients. */
static const struct product {
    enum type a, b, out;
} products[] = {
    {TYPE_RATE, TYPE_SECONDS, TYPE_COUNT},
    {TYPE_BYTE_RATE, TYPE_SECONDS, TYPE_BYTES},
    {TYPE_RATE, TYPE_BYTES, TYPE_BYTE_RATE},
};

enum { PRODUCT_COUNT = ARRAY_SIZE(products) };

bool type_product(struct node *a, struct node *b, enum type *out)
{
    if (!type_is_number(a->type) || !type_is_number(b->type))
        return false;
    fit_ratio(a, b);
    if (a->type == TYPE_COUNT || b->type == TYPE_COUNT) {
        /* 5% of a count is a count */
        enum type other = a->type == TYPE_COUNT ? b->type : a->type;
        *out = other == TYPE_RATIO ? TYPE_COUNT : other;
        return true;
    }
    if (a->type == TYPE_RATIO || b->type == TYPE_RATIO) {
        *out = a->type == TYPE_RATIO ? b->type : a->type;
        return true;
    }
    for (unsigned i = 0; i < PRODUCT_COUNT; i++) {
        const struct product *p = &products[i];
        if ((a->type == p->a && b->type == p->b) || (a->type == p->b && b->type == p->a)) {
            *out = p->out;
            return true;
        }
    }
    return false;
}

bool type_quotient(struct node *a, struct node *b, enum type *out)
{
    if (!type_is_number(a->type) || !type_is_number(b->type))
        return false;
    fit_ratio(a, b);
    if (a->type == b->type) {
        *out = TYPE_RATIO;
        return true;
    }
    if (b->type == TYPE_COUNT || b->type == TYPE_RATIO) {
        *out = a->type;
        return true;
    }
    for (unsigned i = 0; i < PRODUCT_COUNT; i++) {
        const struct product *p = &products[i];
        if (a->type == p->out && (b->type == p->a || b->type == p->b)) {
            *out = b->type == p->a ? p->b : p->a;
            return true;
        }
    }
    return false;
}
