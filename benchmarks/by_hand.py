"""Ten clauses written by hand in three-valued NumPy: what `rules.py` holds the product's rules against.

Each function takes the columns of one chunk, ``{"field": (values, known), "sheet.field": ...,
"sheet.parent": rows}``, and gives the states of the clause's answers (1, 0, -1 open, -2 does not
apply) under the shipped rule set. Written from the law, not from the rules of the package; it
keeps neither texts nor trees and cannot explain a state.
"""

from __future__ import annotations

import numpy as np

TODAY = np.datetime64("2026-11-24")
FIRST, LAST = np.datetime64("2022-06-25"), np.datetime64("2027-06-24")
MERGE_LIMIT = 500 * 1_000_000  # 分
STATUTES = 3  # 法律, 行政法规, 地方性法规 are the first three ranks
OPERATION, LINE_LEASE = 4, 5  # 运维, 线路租赁 among the kinds of project


def true(pair):
    values, known = pair
    return known & values, known & ~values


def both(*conditions):
    yes, no = conditions[0]
    for other_yes, other_no in conditions[1:]:
        yes, no = yes & other_yes, no | other_no
    return yes, no


def either(*conditions):
    yes, no = conditions[0]
    for other_yes, other_no in conditions[1:]:
        yes, no = yes | other_yes, no & other_no
    return yes, no


def opposite(condition):
    return condition[1], condition[0]


def at_most(a, b):
    within, known = a[0] <= b[0], a[1] & b[1]
    return known & within, known & ~within


def chosen(pair, code):
    values, known = pair
    return known & (values == code), known & (values != code)


def happened(pair):
    values, known = pair
    has = known & (values <= TODAY)  # no day comes before NaT
    return has, known & ~has


def not_so_far(pair, *earlier):
    """A day that nobody filled in has not come where one before it is known not to have."""
    values, known = pair
    ahead = np.logical_or.reduce([k & np.isnat(v) for v, k in earlier]) & ~known
    return np.where(ahead, np.datetime64("NaT"), values), known | ahead


def spread(condition, parent):
    return condition[0][parent], condition[1][parent]


def at_row(condition, index):
    """A condition over child rows at one row of each project; unknown where there is none."""
    if not len(condition[0]):
        return np.zeros(len(index), bool), np.zeros(len(index), bool)
    return (index >= 0) & condition[0][index], (index >= 0) & condition[1][index]


def has_row(parent, n):
    has = np.zeros(n, bool)
    has[parent] = True
    return has


def in_every(condition, parent, n):
    no = has_row(parent[condition[1]], n)
    return ~no & ~has_row(parent[~condition[0]], n), no


def in_some(condition, parent, n):
    yes = has_row(parent[condition[0]], n)
    return yes, ~yes & ~has_row(parent[~condition[1]], n)


def bounds(c, event=None, built=False):
    """Level, secrecy and the life of the regulation (54, 55, 57); special rules (53), which take the
    place of the articles on approval and construction only (14 to 31: `built`).
    """
    level, classified = c["level"], true(c["classified"])
    special = true(c["special_rules"])[0] & built
    alive = np.ones(len(level[0]), bool)
    if event is not None:
        day, known = event
        alive = ~known | np.isnat(day) | ((day >= FIRST) & (day <= LAST))
    yes = level[1] & (level[0] == 0) & classified[1] & alive & ~special
    return yes, (level[1] & (level[0] != 0)) | classified[0] | special


def judged(applies, body):
    states = body[0].astype(np.int8) - ~(body[0] | body[1])
    return np.where(applies[1], np.int8(-2), np.where(applies[0], states, np.int8(-1)))


# 第八条第二句第（一）项 ------------------------------------------------------------------


def own_hardware(c):
    n = len(c["level"][0])
    sheet, parent = "integration", c["integration.parent"]
    index = np.full(n, -1)
    index[parent] = np.arange(len(parent))
    hit = at_row(either(true(c[f"{sheet}.server_room"]), true(c[f"{sheet}.hardware"])), index)
    hit = both(opposite(chosen(c["action"], LINE_LEASE)), hit)

    clause, known = c["negative_list.clause"]
    rows = np.flatnonzero(known & (clause == 0))
    own = np.full(n, -1)
    own[c["negative_list.parent"][rows]] = rows
    has = own >= 0
    says_hit, says_not = at_row(true(c["negative_list.hit"]), own)
    clash = (says_hit & hit[1]) | (says_not & hit[0])
    adverse_yes = (hit[0] | (says_hit & ~clash)) & ~says_not
    adverse_no = (hit[1] & ~says_hit) | (says_not & ~clash)
    basis, basis_known = c["negative_list.legal_basis"]
    none = basis == "无"
    stated = basis_known & ~none, basis_known & none
    level, level_known = c["negative_list.basis_level"]
    ranked = level_known & (level < STATUTES), level_known & (level >= STATUTES)
    statute = at_row(both(stated, ranked, true(c["negative_list.explicit"])), own)
    exempted = at_row(true(c["negative_list.exemption"]), own)[0]
    free = statute[0], statute[1] & ~(has & exempted)  # who may exempt is undecided: open
    body = both((adverse_yes, adverse_no), opposite(free))
    applies = both(bounds(c, c["approved_on"]), opposite(true(c["classified"])))
    return [judged(applies, body)]


# 第十八条、第二十五条、第二十六条 --------------------------------------------------------


def may_merge(c):
    total, known = c["total_investment"]
    small = known & (total <= MERGE_LIMIT), known & (total > MERGE_LIMIT)
    special = both(true(c["special_cause"]), true(c["urgent"]))
    body = both(true(c["depth_adequate"]), either(true(c["directive_required"]), special, small))
    action, known = c["action"]
    elsewhere = (action == OPERATION) | (action == LINE_LEASE)
    project = known & ~elsewhere, known & elsewhere
    return [judged(both(bounds(c, c["approved_on"], True), project, chosen(c["mode"], 0)), body)]


def design_beyond_feasibility(c):
    path, mode = c["approval_path"], c["mode"]
    figures = c["feasibility_total"][1] & c["design_budget"][1]
    designed, otherwise = chosen(path, 0)
    bought = chosen(mode, 1)[0]
    design = designed | figures, (otherwise | (bought & ~designed)) & ~figures
    exceeds, approved = c["design_exceeds_feasibility"], happened(c["approved_on"])
    approved_report = c["feasibility_total"][1] | exceeds[1] | approved[0]
    stage = both(design, (approved_report, approved[1] & ~approved_report))
    over = opposite(at_most(c["design_budget"], c["feasibility_total"]))
    beyond = either(true(c["design_exceeds_feasibility"]), over)
    applies = both(bounds(c, c["approved_on"], True), stage, beyond)
    return [judged(applies, true(c["design_change_chapter"]))]


def responsible_and_rules(c):
    return [judged(bounds(c, built=True), both(true(c["responsible_is_head"]), true(c["management_rules"])))]


# 第二十八条、第二十九条 ------------------------------------------------------------------


def adjustments(c):
    """Order, accumulated amount between bounds, and whether 29.1 allows each adjustment."""
    n, parent = len(c["level"][0]), c["adjustments.parent"]
    day, dated = c["adjustments.on"]
    undated = has_row(parent[~dated | np.isnat(day)], n)[parent]
    position = np.arange(len(parent))
    key, order = np.where(undated, c["adjustments.seq"][0], day.astype(np.int64)), position.copy()
    turned = (key[1:] < key[:-1]) & (parent[1:] == parent[:-1])
    rows = np.flatnonzero(has_row(parent[1:][turned], n)[parent])  # only projects listed out of turn
    order[rows] = rows[np.lexsort((key[rows], parent[rows]))]
    owner = parent[order]
    amount, known = (a[order] for a in c["adjustments.amount"])
    size = np.where(known, np.abs(amount), 0)
    approved, approval_known = c["adjustments.prior_approval"]
    certain, possible = (approval_known & approved)[order], (~approval_known | approved)[order]

    def starts(ends):
        first = np.ones(len(owner), bool)
        first[1:] = (owner[1:] != owner[:-1]) | ends[:-1]
        return np.maximum.accumulate(np.where(first, position, 0)) if len(owner) else position

    def since(values, start):
        sums = np.concatenate(([0], np.cumsum(values, dtype=np.int64)))
        return sums[1:] - sums[start]

    coarse = starts(certain)
    low, high, back = since(size, starts(possible)), since(size, coarse), np.empty_like(order)
    back[order] = position
    complete = true(c["adjustments_complete"])[0][owner]
    high_known = complete & (since(~known, coarse) == 0)
    low, high, high_known = low[back], high[back], high_known[back]
    total, total_known = (a[parent] for a in c["approved_total"])
    limited = (
        total_known & high_known & (high * 20 <= total * 3),
        total_known & (low * 20 > total * 3),
    )
    ground, ground_known = c["adjustments.ground"]
    planned = true(c["within_approved_plan"])
    business = ground == 2
    grounded = (
        ground_known & ((ground < 2) | (business & planned[0][parent])),
        ground_known & ((ground == 3) | (business & planned[1][parent])),
    )
    whole = both(
        at_most(c["revised_total"], c["approved_total"]),
        true(c["goals_unchanged"]),
        true(c["change_necessary"]),
    )
    allowed = both(spread(whole, parent), limited, grounded)
    last = np.full(n, -1)
    last[owner] = order
    event = np.full(n, "NaT", "M8[D]"), last < 0
    if len(parent):
        event = np.where(last >= 0, day[last], event[0]), (last < 0) | (dated[last] & ~np.isnat(day[last]))
    has = has_row(parent, n)
    unapproved = c["approved_on"][1] & np.isnat(c["approved_on"][0])
    listed = has, ~has & (unapproved | true(c["adjustments_complete"])[0])
    return n, parent, allowed, last, event, listed


def major_adjustment(c):
    n, parent, allowed, _, event, listed = adjustments(c)
    closed = np.zeros(n, bool), true(c["adjustments_complete"])[0]
    any_major = either(in_some(opposite(allowed), parent, n), closed)
    applies = both(bounds(c, event, True), listed, any_major)
    return [judged(applies, in_every(either(allowed, true(c["adjustments.prior_approval"])), parent, n))]


def self_adjustment(c):
    _, _, allowed, last, event, listed = adjustments(c)
    approved = true(c["adjustments.prior_approval"])[0]
    own = both(bounds(c, event, True), listed, at_row((~approved, approved), last))
    permitted = at_row(allowed, last)
    filed = at_row(true(c["adjustments.filed"]), last)
    return [judged(own, permitted), judged(both(own, permitted), filed)]


# 第三十条、第三十三条、第三十六条、第三十八条 --------------------------------------------


def termination(c):
    causes = either(true(c["external_change"]), true(c["force_majeure"]))
    begun = not_so_far(c["construction_start"], c["approved_on"])
    under_way = both(happened(begun), true(c["substantive_progress"]))
    return [judged(bounds(c, built=True), both(under_way, causes, true(c["goals_unreachable"])))]


def public_data_catalogue(c):
    n, parent = len(c["level"][0]), c["resources.parent"]
    entered = either(true(c["resources.sensitive"]), true(c["resources.in_city_catalogue"]))
    day, known = not_so_far(c["trial_start"], c["approved_on"], c["construction_start"])
    begun = happened((day, known))[0] | happened(c["acceptance_on"])[0] | happened(c["go_live"])[0]
    none, known_name = c["resources.resource"]
    blank = has_row(parent[known_name & (none == "无")], n)
    applies = both(bounds(c), (has_row(parent, n) & ~blank & begun, known & ~begun))
    return [judged(applies, in_every(entered, parent, n))]


def surplus(c):
    spent, total = c["spent"], c["approved_total"]
    known, less = spent[1] & total[1], spent[0] < total[0]
    left = both(
        true(c["accounts_final"]),
        true(c["goals_unchanged"]),
        true(c["content_unchanged"]),
        (known & less, known & ~less),
    )
    return [judged(both(bounds(c), left), left)]


def line_ceiling(c):
    within = at_most(c["lines.claimed"], c["lines.price_cap"])
    applies = spread(bounds(c), c["lines.parent"])
    approved, unapproved = true(c["lines.approved_procedure"])
    return [judged(applies, within), judged(applies, (approved, unapproved & c["lines.claimed"][1]))]


CLAUSES = {
    "8.1.1": own_hardware,
    "18.2": may_merge,
    "25.1": design_beyond_feasibility,
    "26.1": responsible_and_rules,
    "28.1": major_adjustment,
    "29.1": self_adjustment,
    "30.2": termination,
    "33.1": public_data_catalogue,
    "36.2": surplus,
    "38.1": line_ceiling,
}
"""Clause id → its states by hand: a ban with exceptions, permissions, duties, amounts; of projects and of
rows of sheets with one, with several and with no row a project."""
