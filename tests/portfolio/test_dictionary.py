"""The data dictionary is the contract and the registers added to it, no more and no less."""

from __future__ import annotations

import re

import pytest
import yaml

from zwxm_core.portfolio import schema

ADDED = {
    "registrations": None,
    "cost_plans": None,
    "benefits": None,
    "issues": None,
    "systems": {"asset_record"},
    "projects": {"acceptance_applied_on", "settled_total"},
    "procurement": {"custom_software", "contract_amount"},
    "operations": {"actual"},
    "usage": {"what"},
    "resources": {"calls", "calls_as_of"},
    "indicators": {"sample"},
    "security": {"level_test_result", "crypto_test_result", "open_findings"},
}
"""Beyond the contract: whole sheets (None) and fields."""
SPEC = re.compile(r"^(\S+) (\w+)(?:\[(.*?)\])?(?:\(.*?\))?( J)?\s*$")


@pytest.fixture(scope="module")
def contract(shared):
    return yaml.safe_load((shared / "contract.yaml").read_text(encoding="utf-8"))


def test_sheets_stand_in_the_order_of_the_contract(contract):
    ours = [f"{s.name} {s.label}" for s in schema.sheets().values() if ADDED.get(s.name, ()) is not None]
    assert ours == list(contract["sheets"])


def test_every_field_has_the_header_type_values_and_judgement_of_the_contract(contract):
    for key, fields in contract["sheets"].items():
        sheet = key.split()[0]
        expected = {}
        for name, spec in fields.items():
            if "(derived" in spec:
                continue
            label, kind, values, judged = SPEC.match(spec).groups()
            kind = "id" if (sheet, name) == ("projects", "id") else kind
            listed = tuple(v.strip() for v in values.split(",")) if values else ()
            expected[name] = (label, kind, listed, bool(judged))
        ours = {f.name: (f.label, f.kind, f.values, f.judged) for f in schema.fields(sheet).values()}
        for name in ADDED.get(sheet, ()):
            ours.pop(name)
        assert ours == expected
        assert list(ours) == list(expected)


def test_derived_names_are_those_of_the_contract(contract):
    expected = {name: tuple(spec.split()) for name, spec in contract["derived"].items()}
    ours = {f.name: (f.label, f.kind) for f in schema.derived().values()}
    assert ours.pop("stage") == ("阶段", "text")
    assert ours == expected


def test_no_two_headers_of_a_sheet_look_alike():
    for sheet in schema.sheets().values():
        labels = [schema.normal(label) for f in sheet.fields.values() for label in (f.label, *f.also)]
        assert len(labels) == len(set(labels)), sheet.name


def test_row_keys_and_complete_flags_name_things_that_exist():
    for sheet in schema.sheets().values():
        assert set(sheet.row) <= sheet.fields.keys()
        for field in sheet.fields.values():
            assert field.completes is None or field.completes in schema.sheets()
            assert bool(field.values) == (field.kind in ("enum", "enums"))


def test_every_sheet_whose_rows_hang_on_a_project_names_the_project_first():
    for sheet in schema.sheets().values():
        if sheet.is_child:
            assert next(iter(sheet.fields)) == "project"


def test_the_description_for_the_schema_command_is_plain_data():
    described = schema.describe()
    assert yaml.safe_load(yaml.safe_dump(described, allow_unicode=True)) == described
    level = next(f for f in described["sheets"][0]["fields"] if f["field"] == "level")
    assert level == {
        "field": "level",
        "label": "层级",
        "kind": "enum",
        "kind_label": "单选",
        "values": ["市级", "县级"],
    }
