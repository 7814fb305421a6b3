"""What `cinetraj describe` prints of one clip."""

from typing import Any

from compare.cli import _report


def words(name: str, result: dict[str, Any]) -> str:
    """The sentence, the table of scores, and what a reader must know about them."""
    rows = [["primitive", "score", "", "margin", "probability"]]
    for primitive, score in result["scores"].items():
        decision: dict[str, Any] = result["decisions"].get(primitive) or {}
        yes = decision.get("yes")
        margin = decision.get("margin")
        flag = "?" if primitive in result["flagged"] else ""
        rows.append(
            [
                primitive.replace("_", " "),
                "unknown" if score is None else f"{score:+.4f}{flag or ' '}",
                "" if yes is None else "yes" if yes else "-",
                "" if margin is None else f"{margin:+.4f}",
                f"{decision['probability']:.2f}" if decision else "",
            ]
        )
    lines = [f"{name}: {result['sentence']}", "", _report.table(rows, right=(1, 3, 4)), ""]
    for segment in result["segments"]:
        primitive = str(segment["primitive"]).replace("_", " ")
        slight = "" if segment["told"] else "  (slight, and not of the clip as a whole: in no caption or tag)"
        lines.append(f"  {segment['start_s']:7.2f} to {segment['end_s']:7.2f} s  {primitive}{slight}")
    lines += _throughout(result)
    lines += [line for line in (_certainty(result), *_minor(result), _turned(result), _ground(result)) if line]
    lines += [*_flags(result), *_against(result)]
    lines.append(f"rule: {result['rule']}")
    lines += [f"note: {note}" for note in result.get("notes", [])]
    return "\n".join([*lines, *_keys(result.get("actions"))])


def _keys(told: dict[str, Any] | None) -> list[str]:
    """The table of --actions, and how far the commands were followed."""
    if told is None:
        return []
    if "failed" in told:
        return [f"actions: {told['failed']}"]
    beside = told["commanded"] is not None
    rows = [[told["per"], "", "keys", "confidence", *(["commanded"] if beside else [])]]
    for each in told["intervals"]:
        sure = each["confidence"]
        cells = [f"{each['start_s']:.2f}", f"{each['end_s']:.2f}", each["keys"], "" if sure is None else f"{sure:.2f}"]
        rows.append([*cells, *([each["commanded"] or ""] if beside else [])])
    lines = ["", _report.table(rows, right=(0, 1, 3)), ""]
    agreed = told["agreement"]
    if agreed is not None:
        lines.append(
            f"as commanded ({told['commanded']}): {agreed['all']:.0%} of {agreed['intervals']} intervals; "
            f"movement {agreed['movement']:.0%}, look {agreed['look']:.0%}"
        )
    elif beside:
        lines.append("as commanded: no interval has a command; check their times")
    if all(each["confidence"] is None for each in told["intervals"]):
        lines.append("confidence: not known, since the file says nothing of how far its poses may be off")
    return lines + [f"note: {note}" for note in told["notes"]]


def _throughout(result: dict[str, Any]) -> list[str]:
    """Moves that the last frame against the first shows, and no stretch of its own."""
    timed = {segment["primitive"] for segment in result["segments"]}
    moves = [n for n, d in result["decisions"].items() if d["yes"] and n != "Static" and n not in timed]
    return [f"  first frame to last  {name.replace('_', ' ')}" for name in moves]


def _certainty(result: dict[str, Any]) -> str:
    return f"certainty: {result['certainty']}" if result["certainty"] else ""


def _minor(result: dict[str, Any]) -> list[str]:
    from trajectory.caption import amount_in_words

    return [
        f"minor move: {str(each['primitive']).replace('_', ' ')} by {amount_in_words(each['amount'], each['unit'])} "
        f"(probability {each['probability']:.2f}, that it moves so at all)"
        for each in result["minor"]
    ]


def _turned(result: dict[str, Any]) -> str:
    """The turns that the primitives use and their frame, with those about the camera's axes where they differ."""
    turned = result["turned"]
    if turned is None:
        return ""

    def said(angles: dict[str, float]) -> str:
        return ", ".join(f"{name} {angles[f'{name}_deg']:+.1f}°" for name in ("tilt", "pan", "roll"))

    steps = "step by step about the camera's axes"
    if turned["frame"] == "upright":
        beside = said(turned["told"])
        told, roll = (f"{turned[frame]['roll_deg']:+.1f}°" for frame in ("told", "camera"))
        return f"turned {steps}: {beside}" + (
            "" if told == roll else f"; with what a pitched camera's pan adds, roll {roll}"
        )
    names = {"camera": steps, "horizon": "against the horizon"}
    other = "camera" if turned["frame"] == "horizon" else "horizon"
    beside = "" if turned[other] is None else said(turned[other])
    extra = f"; {names[other]}: {beside}" if beside and beside != said(turned["told"]) else ""
    return f"turned {names[turned['frame']]}: {said(turned['told'])}{extra}"


def _ground(result: dict[str, Any]) -> str:
    ground = result["ground"]
    if ground is None:
        return ""
    moves = ", ".join(f"{name} {ground[name]:+.4f}" for name in ("ahead", "right", "up"))
    return f"against the ground ({ground['view']} view, pitch {ground['pitch_deg']:+.1f} degrees): {moves}"


def _flags(result: dict[str, Any]) -> list[str]:
    """A line for each reason why scores are no more than best estimates."""
    reasons = dict.fromkeys(result["flagged"].values())
    named = {why: [name for name, reason in result["flagged"].items() if reason == why] for why in reasons}
    every = len(result["scores"])
    return [
        f"?: best estimate, {why}: {'all' if len(names) == every else ', '.join(names).replace('_', ' ')}"
        for why, names in named.items()
    ]


def _against(result: dict[str, Any]) -> list[str]:
    """Primitives that are not told though they are likelier than not: by answers that the estimator did not choose."""
    likely = [
        f"{name.replace('_', ' ')} ({decision['probability']:.2f})"
        for name, decision in result["decisions"].items()
        if decision["yes"] is False and decision["probability"] > 0.5
    ]
    said = "not told, since the answer that stands has it not, and yet likelier than not over all answers"
    return [f"{said}: {', '.join(likely)}"] if likely else []
