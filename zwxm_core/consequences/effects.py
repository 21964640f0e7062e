"""What the effects of the clauses are called."""

from __future__ import annotations

EFFECTS = {
    "no_om_funding": "不安排运维经费",
    "no_build_funding": "不安排自行建设经费",
    "no_purchase_funding": "不安排购买服务经费",
    "no_cloud_resources": "不安排政务云资源",
    "no_additional_cloud": "不提供新增政务云资源",
    "no_new_projects": "不批准新增项目",
    "no_new_systems": "不得新建、改建、扩建信息系统",
    "no_new_applications": "原则上不得申报新增项目",
    "no_later_application": "不受理事后调整申请",
    "not_approved_in_principle": "原则上不予立项",
    "rectification_order": "限期整改",
    "weighs_in_budget": "经费安排的重要依据",
    "public_criticism": "通报批评等处理",
}
"""What an effect is called."""

WORDED = {
    ("33.2", "no_new_systems"): "不予审批该单位其他新建、改建、扩建信息系统",
    ("48.1", "public_criticism"): "通报批评，并对负有直接责任的主管人员和其他责任人员依法处分",
    ("48.2", "public_criticism"): "按财政违法行为处罚处分的规定查处",
}
"""What it is called where a clause has words of its own: of 33.2 the offices withhold approval for a
year; 48.1 also reaches the persons responsible (处分); 48.2 knows no criticism but the funds' own rules.
"""


def effect_text(row: dict) -> str:
    """The effect a row of ``consequences`` speaks of, with its year.

    >>> effect_text({"effect": "no_om_funding", "year": 2027})
    '不安排运维经费（2027 年度）'
    """
    told = WORDED.get((row.get("clause"), row["effect"]), EFFECTS[row["effect"]])
    return told + (f"（{row['year']} 年度）" if row["year"] else "")
