"""Several judges of the same clips."""

import numpy as np
import pytest
from estimates import estimate, other
from paths import smooth

from compare.panel import panel, to_markdown
from compare.scoring import score
from trajectory.errors import CinetrajError
from trajectory.model import Trajectory

CLIPS = 12


def judge(noise: float, seed: int, **models: float) -> list[dict]:
    """The results of an estimator of this noise, on models that miss their references by so much."""
    seen = np.random.default_rng(seed)
    truth = {str(i): smooth(i) for i in range(CLIPS)}

    def at(size: float, model: str) -> dict[str, Trajectory]:
        made = np.random.default_rng(sum(map(ord, model)))  # the same generations for every judge
        return {name: other(t, size, made) for name, t in truth.items()}

    references = {name: estimate(t, noise, seen) for name, t in truth.items()}
    found = []
    for model, size in models.items():
        generated = {name: estimate(t, noise, seen) for name, t in at(size, model).items()}
        found.append(score(references, generated, model=model, intervals=False).record())
    return found


@pytest.fixture(scope="module")
def judges() -> dict[str, list[dict]]:
    sizes = {"near": 0.1, "far": 0.8, "far2": 0.8}
    return {"sharp": judge(0.005, 1, **sizes), "blurred": judge(0.05, 2, **sizes)}


def test_the_disagreement_of_the_judges_is_told_for_each_clip_and_metric(judges: dict[str, list[dict]]) -> None:
    found = panel(judges, noise={"sharp": {"RotErr": 0.1}})
    row = next(row for row in found.rows if (row["model"], row["clip"], row["metric"]) == ("near", "3", "RotErr"))
    values = [record["clips"]["3"]["RotErr"] for records in judges.values() for record in records[:1]]
    assert list(row["values"].values()) == values
    assert row["disagreement"] == pytest.approx(abs(values[0] - values[1]))
    assert row["median"] == pytest.approx(np.mean(values))
    assert found.disagreement()["RotErr"] > 0
    text = to_markdown(found)
    assert "| model | clip | metric | sharp | blurred | disagreement |" in text
    assert "noise of sharp" in text


def test_a_conclusion_holds_where_all_judges_share_it(judges: dict[str, list[dict]]) -> None:
    by = {(v.first, v.second, v.metric): v for v in panel(judges).verdicts}
    assert by["near", "far", "RotErr"].holds == "near is better"
    assert by["far", "far2", "RotErr"].holds == "cannot tell"
    assert "near is better (all 2 judges)" in to_markdown(panel(judges))
    # A judge whose own noise is larger than the difference cannot tell, and then not all can.
    unsure = panel(judges, noise={"blurred": {"RotErr": 1000.0}})
    doubted = {(v.first, v.second, v.metric): v for v in unsure.verdicts}["near", "far", "RotErr"]
    assert doubted.holds == ""
    assert "noise" in doubted.by_judge["blurred"]
    assert "the judges differ" in to_markdown(unsure)


def test_a_judge_that_lacks_a_model_does_not_differ(judges: dict[str, list[dict]]) -> None:
    blurred = [record for record in judges["blurred"] if record["model"] != "far"]
    said = to_markdown(panel({"sharp": judges["sharp"], "blurred": blurred}))
    assert "near and far by RotErr: 1 of 2 judges have both (sharp: near is better)" in said


def test_a_panel_is_of_several_judges_under_one_protocol(judges: dict[str, list[dict]]) -> None:
    with pytest.raises(CinetrajError, match="is no panel"):
        panel({"sharp": judges["sharp"]})
    other_way = [score({"0": smooth(0)}, {"0": smooth(1)}, model="near", time="progress").record()]
    with pytest.raises(CinetrajError, match=r"several protocols .* score the trajectories of all under one of them$"):
        panel({"sharp": judges["sharp"], "else": other_way})
    with pytest.raises(CinetrajError, match="two results of near"):
        panel({"sharp": [*judges["sharp"], judges["sharp"][0]], "blurred": judges["blurred"]})
