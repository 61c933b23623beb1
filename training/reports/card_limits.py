"""What every model card says of its limits, and of what the model is not for, in both languages."""

from __future__ import annotations

from training.reports.document import Language

LIMITS: dict[Language, tuple[str, ...]] = {
    "en": (
        "The figures hold for rows like the held-out ones. After a change of prices, products or "
        "of how the tables are made they have to be measured again.",
        "A probability says how often such rows had the outcome, not what would happen if someone "
        "acted on it. Reasons describe the model, not causes.",
        "A column that is missing is scored as missing; a category never seen counts as missing.",
        "Rare kinds of accounts are judged by few rows: look at the intervals before relying on a "
        "figure.",
    ),
    "ja": (
        "精度は、評価に使った行と同じような行に対するものです。料金や商品、"
        "表の作り方が変わったときは、改めて測定してください。",
        "確率は、似た行で結果がどのくらい起きていたかを示すものです。"
        "働きかけた場合に何が起きるかを示すものではありません。"
        "理由はモデルの説明であり、原因の説明ではありません。",
        "値のない項目は欠損として扱います。学習時になかった分類も欠損とみなします。",
        "数の少ない種類の顧客は、少ない行で評価されています。"
        "数値を使う前に区間の幅をご確認ください。",
    ),
}

NOT_FOR: dict[Language, tuple[str, ...]] = {
    "en": (
        "Decisions about people, such as their credit, their work or their insurance: it was made "
        "to share out a team's time among accounts.",
        "Measuring what a campaign achieved: that takes a group that is held out at random.",
        "Other companies, or other kinds of accounts than those in the table.",
    ),
    "ja": (
        "与信・雇用・保険など、個人に関する判断。"
        "チームの時間を顧客にどう配分するかを考えるためのモデルです。",
        "施策の効果測定。効果を測るには、無作為に選んだ対照群が必要です。",
        "別の会社、または表に含まれない種類の顧客への適用。",
    ),
}
