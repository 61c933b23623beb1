"""The words of a model card, in English and in Japanese; figures are put in by `model_card`."""

from __future__ import annotations

from training.reports.document import Language

Words = dict[str, dict[Language, str]]

TITLES: Words = {
    "title": {"en": "Model card: {outcome}", "ja": "モデルカード：{outcome}"},
    "use": {"en": "What it says", "ja": "このモデルが示すもの"},
    "data": {"en": "What it learnt from", "ja": "学習に使ったデータ"},
    "figures": {"en": "How well it does", "ja": "精度"},
    "touched": {"en": "Accounts we were in contact with", "ja": "接触のあった顧客"},
    "columns": {"en": "What it looks at most", "ja": "影響の大きい項目"},
    "checks": {"en": "Promotion checks", "ja": "採用前のチェック"},
    "limits": {"en": "Limits", "ja": "限界と注意点"},
    "not_for": {"en": "Who should not use it", "ja": "使うべきでない用途"},
    "again": {"en": "To make it again", "ja": "再現のために"},
}

TEXTS: Words = {
    "promotable": {
        "en": "No promotion check fails. Trained {trained_at}.",
        "ja": "不合格のチェックはありません。学習日時：{trained_at}",
    },
    "not_promotable": {
        "en": "At least one promotion check fails: this model should not go out as it is. "
        "Trained {trained_at}.",
        "ja": "不合格のチェックがあります。このまま本番で使うことはお勧めできません。"
        "学習日時：{trained_at}",
    },
    "says_in_time": {
        "en": "For each {entity} and date, the probability that '{label}' comes true in the "
        "{horizon} days that begin {lead} days after that date, with reasons that add up to it.",
        "ja": "各「{entity}」について、"
        "基準日の{lead}日後から始まる{horizon}日間に「{label}」が起きる確率を、"
        "その内訳となる理由とともに示します。",
    },
    "says": {
        "en": "For each {entity}, the probability that '{label}' is true, with reasons that add up "
        "to it.",
        "ja": "各「{entity}」について、「{label}」に該当する確率を、"
        "その内訳となる理由とともに示します。",
    },
    "source": {"en": "Source: {source}", "ja": "データの出所：{source}"},
    "rows": {
        "en": "{n:,} rows of {n_entities:,} different {entity} values, {n_events:,} events "
        "({base_rate:.1%})",
        "ja": "{n:,}行、異なる「{entity}」は{n_entities:,}件、"
        "該当は{n_events:,}行（{base_rate:.1%}）",
    },
    "judged_in_time": {
        "en": "Judged on {n_test:,} rows from {test_from} to {test_to}, which the judged model "
        "had not seen; it had learnt from {n_fit:,} rows from {fit_from} to {fit_to}, and "
        "the {embargo} "
        "days in between were left out",
        "ja": "精度は、学習に使っていない{test_from}から{test_to}までの{n_test:,}行で測定（学習"
        "は{fit_from}から"
        "{fit_to}までの{n_fit:,}行、間の{embargo}日間は除外）",
    },
    "judged": {
        "en": "Judged on {n_test:,} rows of entities that the judged model had not seen; it had "
        "learnt from {n_fit:,} rows",
        "ja": "精度は、学習に使っていない対象の{n_test:,}行で測定（学習は{n_fit:,}行）",
    },
    "judged_apart_in_time": {
        "en": "Judged on {n_test:,} rows from {test_from} to {test_to} of a sample of "
        "{n_sampled:,} rows, none of whose entities the judged trees had seen; they had learnt "
        "from {n_fit:,} other rows from {fit_from} to {fit_to} ({embargo} days in between were "
        "left out). The sample also chose their shape and calibrates them. The trees that go out "
        "learnt from all rows",
        "ja": "精度は、評価用に取り分けた標本{n_sampled:,}行のうち、{test_from}から{test_to}までの"
        "{n_test:,}行で測定（評価したモデルの木は、標本の対象を含まない{fit_from}から{fit_to}までの"
        "{n_fit:,}行で学習、間の{embargo}日間は除外）。木の形と確率の補正も標本で決定。"
        "実際に使うモデルの木は全行で学習",
    },
    "judged_apart": {
        "en": "Judged on {n_test:,} rows of a sample of {n_sampled:,} rows, none of whose entities "
        "the judged trees had seen; they had learnt from {n_fit:,} other rows. The sample also "
        "chose their shape and calibrates them. The trees that go out learnt from all rows",
        "ja": "精度は、評価用に取り分けた標本{n_sampled:,}行のうちの{n_test:,}行で測定"
        "（評価したモデルの木は、標本の対象を含まない{n_fit:,}行で学習）。"
        "木の形と確率の補正も標本で決定。実際に使うモデルの木は全行で学習",
    },
    "model": {
        "en": "One LightGBM model of {n_columns} columns: {shapes}; calibration: {calibrator}",
        "ja": "LightGBMモデル1つ（項目数{n_columns}、{shapes}、確率の補正：{calibrator}）",
    },
    "shape": {
        "en": "{n_trees} trees of up to {n_leaves} leaves",
        "ja": "木{n_trees}本（葉は最大{n_leaves}枚）",
    },
    "shape_from_line": {
        "en": "a regularised logistic regression written as trees, then {n_trees} trees of up to "
        "{n_leaves} leaves",
        "ja": "木で表した正則化ロジスティック回帰に続けて木{n_trees}本（葉は最大{n_leaves}枚）",
    },
    "share": {"en": "{share} % of ({of})", "ja": "{share}％［{of}］"},
    "blend": {
        "en": "the weighted sum of {shapes}",
        "ja": "次の加重和：{shapes}",
    },
    "our_columns": {
        "en": "Columns: the feature catalogue {catalogue}",
        "ja": "項目：特徴量カタログ {catalogue}",
    },
    "their_columns": {
        "en": "Columns: those of the table as it was given; dates count as days",
        "ja": "項目：与えられた表の列（日付は日数に換算）",
    },
    "intervals": {
        "en": "In brackets 95 % intervals that resample entities. Lower is better for log-loss, "
        "Brier and ECE. Beside the model, on the same rows: always the base rate; the best "
        "one-line rule ({rule}); a regularised logistic regression.",
        "ja": "かっこ内は95％区間（対象単位の再抽出による）。"
        "対数損失・ブライアスコア・ECEは小さいほど良い値です。"
        "比較対象は同じ行に対する、全件に平均発生率を当てた場合、最も良い単一ルール（{rule}）、"
        "正則化ロジスティック回帰です。",
    },
    "beaten": {
        "en": "A baseline has the lower log-loss here ({names}): prefer it.",
        "ja": "ここでは比較対象のほうが対数損失が小さくなっています（{names}）。"
        "そちらの利用をお勧めします。",
    },
    "touched": {
        "en": "Held-out rows apart, by contact in the 84 days before ({feature}). Whoever was in "
        "contact may have been kept by it: a low rate among them is no proof that they were safe, "
        "and the model has learnt from outcomes that include our own work.",
        "ja": "評価用の行を、直近84日間の接触（{feature}）の有無で分けた結果です。"
        "接触したことで解約に至らなかった顧客も"
        "含まれうるため、接触ありの発生率が低くても、もともと安全だったとは限りません。"
        "モデルは、自社の働きかけの結果を含むデータから学習しています。",
    },
    "columns": {
        "en": "Mean effect on the probability of a held-out row, in percentage points. An effect "
        "tells what the model reacts to, not what causes the outcome.",
        "ja": "評価用の行における確率への平均的な影響（ポイント）。影響の大きさは、"
        "モデルが何に反応しているかを示すもので、"
        "結果の原因を示すものではありません。",
    },
    "again": {
        "en": "Same table (SHA-256 {digest}), same seed ({seed}) and same library versions "
        "({libraries}) give the same model, byte for byte.",
        "ja": "同じ表（SHA-256 {digest}）、同じシード（{seed}）、"
        "同じライブラリ（{libraries}）から、"
        "バイト単位で同一のモデルが得られます。",
    },
    "again_nearly": {
        "en": "Same table (SHA-256 {digest}), same seed ({seed}) and same library versions "
        "({libraries}) give nearly the same model, not the same bytes: its trees were fitted on a "
        "Dask cluster, whose workers add up in an order of their own.",
        "ja": "同じ表（SHA-256 {digest}）、同じシード（{seed}）、"
        "同じライブラリ（{libraries}）から、"
        "ほぼ同じモデルが得られますが、バイト単位では一致しません"
        "（木の学習にDaskクラスタを使っており、集計の順序が毎回異なるため）。",
    },
}

METRICS: Words = {
    "log_loss": {"en": "Log-loss", "ja": "対数損失"},
    "brier": {"en": "Brier", "ja": "ブライアスコア"},
    "ece": {"en": "ECE", "ja": "ECE（較正誤差）"},
    "roc_auc": {"en": "ROC-AUC", "ja": "ROC-AUC"},
    "pr_auc": {"en": "PR-AUC", "ja": "PR-AUC"},
    "lift_10": {"en": "Lift in the first tenth", "ja": "上位10％のリフト"},
}

HEADS: Words = {
    "metric": {"en": "held out", "ja": "指標"},
    "model": {"en": "model", "ja": "モデル"},
    "base_rate": {"en": "base rate", "ja": "平均発生率"},
    "one_line_rule": {"en": "one-line rule", "ja": "単一ルール"},
    "logistic": {"en": "logistic", "ja": "ロジスティック回帰"},
    "check": {"en": "check", "ja": "チェック"},
    "result": {"en": "result", "ja": "結果"},
    "why": {"en": "measured", "ja": "測定値"},
    "column": {"en": "column", "ja": "項目"},
    "effect": {"en": "points", "ja": "ポイント"},
    "group": {"en": "accounts", "ja": "顧客"},
    "rows": {"en": "rows", "ja": "行数"},
    "observed": {"en": "observed", "ja": "実績"},
    "expected": {"en": "predicted", "ja": "予測"},
}

GROUPS: Words = {
    "touched": {"en": "in contact", "ja": "接触あり"},
    "untouched": {"en": "not in contact", "ja": "接触なし"},
}

RESULTS: Words = {
    "pass": {"en": "pass", "ja": "合格"},
    "fail": {"en": "fail", "ja": "不合格"},
    "n/a": {"en": "n/a", "ja": "対象外"},
}

CHECKS_JA = {
    "TW01": "評価用の該当件数が十分",
    "TW02": "平均発生率より良い",
    "TW03": "確率が実績と合っている",
    "TW04": "学習と評価の期間が重ならない",
    "TW05": "単独で当てすぎる項目がない",
    "TW06": "ロジスティック回帰に劣らない",
    "TW07": "現行モデルに劣らない",
    "TW08": "保存したモデルが同じ確率を返す",
    "TW09": "欠損の有無から結果が漏れていない",
    "TW10": "後の期間で効かなくなる項目がない",
    "TW11": "結果が分かった後に記録された項目がない",
    "TW12": "学習時と利用時でデータが急変していない",
    "TW13": "対応できる件数の範囲で価値がある",
    "TW14": "理由が大きく変わらない",
    "TW15": "ティアの移動が多すぎない",
}

CALIBRATORS: Words = {
    "none": {"en": "none was needed", "ja": "なし"},
    "platt": {"en": "Platt", "ja": "Platt"},
    "beta": {"en": "beta", "ja": "ベータ"},
    "venn_abers": {"en": "Venn-Abers", "ja": "Venn-Abers"},
    "goes_out": {
        "en": " in the judged model; in the model that goes out: {kind}",
        "ja": "（評価したモデル。実際に使うモデルは{kind}）",
    },
}

# The one-line rules as `baselines` words them, for readers of Japanese.
RULES_JA = (
    ("the higher (.+), the likelier", r"「\1」が大きいほど起きやすい"),
    ("the lower (.+), the likelier", r"「\1」が小さいほど起きやすい"),
    ("the rate of each (.+)", r"「\1」の分類ごとの発生率"),
)
