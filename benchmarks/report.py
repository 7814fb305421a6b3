"""The scores of the estimator as text."""

from typing import Any

SPLIT = 100


def text(about: dict[str, Any], scores: dict[str, Any]) -> str:
    """Every number with what it is measured against."""
    lines = [f"estimator on rendered clips: {', '.join(f'{k} {v}' for k, v in about.items() if v is not None)}"]
    if "model" in scores:
        lines += _model(scores["model"], scores["confidence"])
    for variant in ("given_focal", "unknown_focal"):
        if f"accuracy_{variant}" in scores:
            lines += _accuracy(variant.replace("_", " "), scores[f"accuracy_{variant}"])
    if "primitives" in scores:
        lines += _primitives(scores["primitives"])
    if "speed" in scores:
        lines += _speed(scores["speed"])
    return "\n".join(lines)


def rate(value: dict[str, Any]) -> str:
    return "none" if not value["of"] else f"{100 * value['rate']:.1f} % ({value['n']} of {value['of']})"


def _model(model: dict[str, Any], confidence: dict[str, Any]) -> list[str]:
    static, pure = model["static"], model["rotation_with_translation_over_1_percent"]
    zooming, dolly = model["rotation_zoom_with_translation_over_1_percent"], model["dolly_zooms"]
    lines = ["", "MODEL", f"  right model            {rate(model['right'])}   aim 97 %"]
    lines.append(f"  borderline (apart)     {rate(model['borderline']['right'])}")
    lines.append(f"  static as moving       {len(static['reported_as_moving'])} of {static['clips']}   aim 0")
    lines.append(f"  rotation with t > 1 %  {len(pure['ids'])} of {pure['clips']}   aim 0")
    lines.append(f"  zoom with t > 1 %      {len(zooming['ids'])} of {zooming['clips']}")
    lines.append(f"  dolly zooms flagged    {dolly['flagged']} of {dolly['clips']}")
    lines.append(f"  status                 {model['status']}")
    lines.append("  expected -> got")
    for expected, got in sorted(model["confusion"].items()):
        lines.append(f"    {expected:14} {', '.join(f'{k} {v}' for k, v in sorted(got.items(), key=lambda x: -x[1]))}")
    for wrong in model["wrong"]:
        sure = "" if wrong["confidence"] is None else f" confidence {wrong['confidence']:.2f}"
        parallax = "" if wrong["parallax_px"] is None else f" parallax {wrong['parallax_px']:.2f} px"
        line = (
            f"    wrong: {wrong['id']}: {wrong['expected']} -> {wrong['got']}{sure}{parallax} {wrong['reason'][:SPLIT]}"
        )
        lines.append(line.rstrip())
    if confidence["clips"]:
        lines += ["", "CONFIDENCE"]
        curve = ", ".join(f"{k}: {100 * v:.1f} %" for k, v in confidence["risk_at_coverage"].items())
        lines.append(f"  risk at coverage       {curve}")
        lines.append(f"  area under risk        {confidence['area_under_risk']}")
        lines.append(f"  confident              {rate(confidence['confident'])}")
        wrong = " ".join(confidence["confident_and_wrong_ids"])
        lines.append(f"  confident and wrong    {rate(confidence['confident_and_wrong'])}   aim 1 %   {wrong}".rstrip())
    return lines


def _quantiles(value: dict[str, Any], unit: str, factor: float = 1.0) -> str:
    if value["median"] is None:
        return "none"
    median, high, largest = (value[k] * factor for k in ("median", "p95", "max"))
    return f"median {median:.3f} {unit}, 95 % {high:.3f} {unit}, max {largest:.3f} {unit}"


def _accuracy(variant: str, value: dict[str, Any]) -> list[str]:
    lines = ["", f"ACCURACY, {variant} ({value['clips']} clips)"]
    lines.append(f"  rotation               {_quantiles(value['rotation_deg'], 'deg')}   aim 0.15, 0.6")
    aim = "   aim 1 %" if variant == "given focal" else ""
    lines.append(f"  position of path       {_quantiles(value['position_of_path'], '%', 100)}{aim}")
    lines.append(f"  zoom ratio             {_quantiles(value['zoom_ratio_error'], '%', 100)}   aim 3 %")
    lines.append(f"  zoom within 3 %        {rate(value['zoom_within_3_percent'])}")
    lines.append(f"  zoom invented > 3 %    {' '.join(value['zoom_invented_over_3_percent']) or 'none'}")
    lines.append(f"  focal length           {_quantiles(value['focal_error'], '%', 100)}")
    lines.append(f"  valid frames           {rate(value['valid_frames'])}")
    lines.append(f"  without a trajectory   {' '.join(value['without_trajectory']) or 'none'}")
    lines.append(f"  time for a clip        {_quantiles(value['seconds'], 's')}")
    return lines


def _primitives(value: dict[str, Any]) -> list[str]:
    lines = ["", "PRIMITIVES              apparent  authors  chance  positives of clips"]
    apparent, authors = value["apparent"], value["authors"]
    for name, line in apparent["primitives"].items():
        other = authors["primitives"][name]
        if line["ap"] is None:
            lines.append(f"  {name:22} {'-':>7}  {'-':>7}  {'-':>6}  {line['positives']} of {line['clips']}")
            continue
        numbers = f"{line['ap']:7.1f}  {other['ap']:7.1f}  {line['chance']:6.1f}"
        lines.append(f"  {name:22} {numbers}  {line['positives']} of {line['clips']}")
    mean = [f"{rule['mean_ap']:7.1f}" if rule["mean_ap"] is not None else "-" for rule in (apparent, authors)]
    lines.append(f"  {'mean AP':22} {mean[0]}  {mean[1]}   aim 95 (apparent), 90 (authors)")
    decided = value["decisions"]
    if decided["recall"] is not None:
        lines.append(f"  decisions (apparent)   recall {100 * decided['recall']:.1f} %")
    if decided["false_yes"] is not None:
        lines.append(f"  decisions (apparent)   false yes {100 * decided['false_yes']:.1f} %")
    lines.append("  true primitive (alone) -> said")
    for name, said in decided["confusion"].items():
        lines.append(f"    {name:22} {', '.join(f'{k} {v}' for k, v in sorted(said.items(), key=lambda x: -x[1]))}")
    lines += [f"    missed: {item}" for item in decided["missed"]]
    lines += [f"    invented: {item}" for item in decided["invented"]]
    return lines


def _speed(value: dict[str, Any]) -> list[str]:
    lines = ["", "SPEED (2 threads, file to trajectory)"]
    lines.append(f"  60 frames              {_quantiles(value['seconds_60_frames'], 's')}   aim 6 s")
    lines.append(f"  frames: seconds        {', '.join(f'{n}: {s}' for n, s in value['seconds_by_frames']) or 'none'}")
    lines.append(f"  fitted exponent        {value.get('exponent', 'none')}   1 is linear")
    beside = value["beside_colmap_sift"]
    if beside["clips"]:
        failures, spent = beside["failures"], beside["seconds"]
        lines.append(f"  beside colmap-sift     {beside['clips']} clips, {beside['both_succeed']} where both succeed")
        lines.append(f"    failures             auto {failures['auto']}, colmap-sift {failures['colmap-sift']}")
        lines.append(f"    median seconds       auto {spent['auto']}, colmap-sift {spent['colmap-sift']}")
        lines.append(f"    median speed ratio   {beside['median_speed_ratio']}   aim 8")
        lines.append(f"    position of path     {beside['position_of_path']}")
        lines.append(f"    rotation, degrees    {beside['rotation_deg']}")
    else:
        lines.append("  beside colmap-sift     not measured yet (--baseline)")
    return lines
