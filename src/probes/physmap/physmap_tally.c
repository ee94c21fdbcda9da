/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Estimates of a stratified sample (Cochran, Sampling Techniques, chapters 5 and 6). */
#include "probes/physmap/physmap_tally.h"

#include <math.h>

static const double z95 = 1.96;

static enum free_place place_of(const struct block_use *b, enum block_kind kind, bool pinned)
{
    if (kind == BLOCK_FREE)
        return FREE_WHOLE;
    if (kind == BLOCK_MOVABLE)
        return FREE_MOVABLE;
    return block_only_unnamed(b, pinned) ? FREE_UNNAMED : FREE_OBSTRUCTED;
}

static void add(struct block_sum *s, double pages, double free_pages)
{
    s->blocks++;
    s->pages += pages;
    s->free += free_pages;
}

void physmap_add(struct physmap_tally *t, const struct block_use *b, bool pinned)
{
    enum block_kind kind = block_kind_of(b, pinned);
    enum free_place place = place_of(b, kind, pinned);
    double free_pages = b->pages[PAGE_FREE], present = 0;
    for (int u = 0; u < PAGE_USES; u++) {
        if (b->pages[u] > 0)
            add(&t->use[u], b->pages[u], free_pages);
        present += u == PAGE_ABSENT ? 0 : b->pages[u];
    }
    add(&t->kind[kind], present, free_pages);
    add(&t->place[place], present, free_pages);
    t->squares[place] += free_pages * free_pages;
    t->unnamed_squares += (double)b->pages[PAGE_UNNAMED] * b->pages[PAGE_UNNAMED];
    t->read++;
}

double physmap_factor(const struct physmap_stratum *s, const struct physmap_tally *t)
{
    return t->read ? (double)s->blocks / (double)t->read : 0;
}

/* Variance of an estimated sum over a stratum, from the sum and the squares over the blocks read. */
static double variance(double all, double read, double sum, double squares)
{
    if (read < 2 || read >= all)
        return 0;
    double spread = (squares - sum * sum / read) / (read - 1);
    return all * all * (1 - read / all) * (spread > 0 ? spread : 0) / read;
}

/* Variance of a share found among `read` of many; two of each sort are added (Agresti and Coull), so that what was not met
 * has an error too. */
static double share_variance(double found, double read)
{
    double share = (found + 2) / (read + 4);
    return share * (1 - share) / read;
}

/* How sure the share is: the unnamed pages are an estimate if not all blocks were read, and those without a charge if not
 * all of them were asked. */
static double weight_error(const struct physmap_stratum *s, const struct physmap_tally *t,
                           const struct physmap_evidence *e, double part, double clear)
{
    double unnamed = t->use[PAGE_UNNAMED].pages * physmap_factor(s, t), blocks = 0, of_part = 0, of_clear = 0;
    if (unnamed > 0)
        of_part = variance((double)s->blocks, (double)t->read, t->use[PAGE_UNNAMED].pages, t->unnamed_squares) /
                  (unnamed * unnamed);
    if (!e->complete && e->squares > 0) {
        blocks = e->weight * e->weight / e->squares; /* as many of equal weight would tell as much */
        of_part += share_variance(blocks * e->uncharged / e->unnamed, blocks);
        of_clear = share_variance(blocks * clear, blocks);
    }
    return z95 * sqrt(clear * clear * part * part * of_part + part * part * of_clear);
}

void physmap_weigh(struct physmap_listed *l, const struct physmap_stratum *s, const struct physmap_tally *t,
                   const struct physmap_evidence *e, uint64_t pcp_pages)
{
    double unnamed = t->use[PAGE_UNNAMED].pages * physmap_factor(s, t);
    double uncharged = e->unnamed > 0 ? unnamed * e->uncharged / e->unnamed : unnamed;
    l->pages = fmin((double)pcp_pages, uncharged);
    double part = uncharged > 0 ? l->pages / uncharged : 0, clear = e->weight > 0 ? e->uncharged_weight / e->weight : 1;
    l->share = part * clear;
    l->error = weight_error(s, t, e, part, clear);
}

static void scale_sum(struct block_sum *to, const struct block_sum *from, double factor)
{
    to->blocks += from->blocks * factor;
    to->pages += from->pages * factor;
    to->free += from->free * factor;
}

static void scale_tally(struct physmap_tally *to, const struct physmap_tally *from, double factor)
{
    to->read += from->read;
    for (int i = 0; i < BLOCK_KINDS; i++)
        scale_sum(&to->kind[i], &from->kind[i], factor);
    for (int i = 0; i < PAGE_USES; i++)
        scale_sum(&to->use[i], &from->use[i], factor);
    for (int i = 0; i < FREE_PLACES; i++)
        scale_sum(&to->place[i], &from->place[i], factor);
}

static double kind_error(const struct physmap_plan *p, const struct physmap_tally *by_zone, double blocks, int kind)
{
    double sum = 0;
    for (size_t i = 0; i < p->stratum_count; i++) {
        double all = (double)p->strata[i].blocks, read = (double)by_zone[i].read;
        if (read > 0 && read < all)
            sum += all * all * (1 - read / all) * share_variance(by_zone[i].kind[kind].blocks, read);
    }
    return blocks > 0 ? z95 * sqrt(sum) / blocks : 0;
}

/* A ratio of two sums over all blocks, both of which take a part of each block's free memory that depends on its place
 * only: `above` and `below`, for each zone. */
struct ratio {
    double above[FREE_PLACES], below[FREE_PLACES];
};

static void ratio_of(struct ratio *r, bool movable, double listed)
{
    *r = (struct ratio){.below = {[FREE_MOVABLE] = 1, [FREE_UNNAMED] = 1, [FREE_OBSTRUCTED] = 1}};
    r->below[FREE_WHOLE] = movable ? 0 : 1;
    r->above[FREE_MOVABLE] = movable ? 1 : 0;
    r->above[FREE_UNNAMED] = movable ? listed : 1 - listed;
    r->above[FREE_OBSTRUCTED] = movable ? 0 : 1;
}

/* The error of a ratio is that of the sum of its residuals. */
static double ratio_error(const struct physmap_plan *p, const struct physmap_tally *by_zone,
                          const struct physmap_listed *listed, bool movable, double share, double below)
{
    double all = 0;
    for (size_t i = 0; i < p->stratum_count; i++) {
        struct ratio r;
        double sum = 0, squares = 0;
        ratio_of(&r, movable, listed[i].share);
        for (int k = 0; k < FREE_PLACES; k++) {
            double rest = r.above[k] - share * r.below[k];
            sum += rest * by_zone[i].place[k].free;
            squares += rest * rest * by_zone[i].squares[k];
        }
        all += variance((double)p->strata[i].blocks, (double)by_zone[i].read, sum, squares);
    }
    return z95 * sqrt(all) / below;
}

void physmap_conclude(struct physmap_result *r, const struct physmap_plan *p, const struct physmap_tally *by_zone,
                      const struct physmap_listed *listed)
{
    double weighed_blocks = 0, weighed_free = 0; /* squares of what the weights leave unsure */
    *r = (struct physmap_result){0};
    for (size_t i = 0; i < p->stratum_count; i++) {
        const struct physmap_tally *t = &by_zone[i];
        double factor = physmap_factor(&p->strata[i], t), unnamed = t->place[FREE_UNNAMED].free * factor;
        r->blocks += (double)p->strata[i].blocks;
        scale_tally(&r->sum, t, factor);
        scale_sum(&r->listed, &t->place[FREE_UNNAMED], factor * listed[i].share);
        r->listed_pages += listed[i].pages;
        weighed_blocks += pow(t->place[FREE_UNNAMED].blocks * factor * listed[i].error, 2);
        weighed_free += pow(unnamed * listed[i].error, 2);
        r->free_movable += t->place[FREE_MOVABLE].free * factor + unnamed * listed[i].share;
        r->free_pinned += t->place[FREE_OBSTRUCTED].free * factor + unnamed * (1 - listed[i].share);
    }
    double used = r->free_movable + r->free_pinned, all = used + r->sum.place[FREE_WHOLE].free;
    r->movable_share = used > 0 ? r->free_movable / used : -1;
    r->pinned_share = all > 0 ? r->free_pinned / all : -1;
    if (used > 0)
        r->movable_error =
            hypot(ratio_error(p, by_zone, listed, true, r->movable_share, used), sqrt(weighed_free) / used);
    if (all > 0)
        r->pinned_error = hypot(ratio_error(p, by_zone, listed, false, r->pinned_share, all), sqrt(weighed_free) / all);
    r->error = fmin(fmax(r->movable_error, r->pinned_error), 1);
    for (int k = 0; k < BLOCK_KINDS; k++) {
        r->kind_error[k] = kind_error(p, by_zone, r->blocks, k);
        if (k == BLOCK_KERNEL && r->blocks > 0)
            r->kind_error[k] = hypot(r->kind_error[k], sqrt(weighed_blocks) / r->blocks);
        r->error = fmax(r->error, r->kind_error[k]);
    }
}
