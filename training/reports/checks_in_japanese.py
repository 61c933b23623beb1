"""What checks measured, told in Japanese: one pattern for each clause that a check can say.

Checks say what they found in English, clause by clause, parted by "; ", and are kept so. What no
pattern fits (the words of an error, say) stays in English.
"""

from __future__ import annotations

import re

_SPAN = r"\(95 % interval (\S+) to (\S+)\)"
_LOSS = "対数損失の差"

_CLAUSES = (
    # TW01
    (r"(\d+) events in (\d+) held-out rows", r"評価用の\2行のうち該当\1行"),
    (
        r"not enough data yet, (\d+) more of the rarer kind needed",
        r"データがまだ足りない（該当・非該当の少ない側があと\1行必要）",
    ),
    # TW02, TW06, TW07
    (rf"log-loss (\S+) against (.+) {_SPAN}", rf"\2との{_LOSS} \1（95％区間 \3～\4）"),
    (
        r"nothing to learn beyond chance in these columns",
        "これらの項目からは、偶然の範囲を超えて学べることがない",
    ),
    (
        r"nothing to learn: less than (\S+) of the base rate's is gained",
        r"学べることがほとんどない（対数損失の改善が平均発生率の\1未満）",
    ),
    (r"(.+) is better here, though not beyond chance", r"\1のほうが良いが、偶然の範囲内"),
    (r"(.+) is better here", r"\1のほうが良い"),
    # TW03
    (r"observed / expected (\S+) \((\S+) to (\S+)\)", r"実績÷予測 \1（\2～\3）"),
    (r"slope (\S+) \((\S+) to (\S+)\)", r"較正の傾き \1（\2～\3）"),
    (r"slope not known", "較正の傾きは不明"),
    (r"observed / expected not known", "実績÷予測は不明"),
    (r"wanted: (\S+) to (\S+)", r"許容範囲 \1～\2"),
    # TW04
    (r"the table has no time column", "時刻の列がない"),
    (r"it was split by entity", "対象ごとに分割して評価した"),
    (
        r"labelled dates span (\S+) days, lead \+ horizon are (\S+): too short to test forward, "
        r"it was split by entity",
        r"ラベルのある日付の幅は\1日、予測開始までの日数と予測期間の合計は\2日。"
        "後の期間で試すには短いため、対象ごとに分割して評価した",
    ),
    (r"judge it again with more", "データが増えたら評価し直すこと"),
    (
        r"(\S+) days between fit and test, lead \+ horizon are (\S+)",
        r"学習と評価の間隔は\1日（予測開始までの日数と予測期間の合計は\2日）",
    ),
    # TW05
    (r"'(.+)' alone has ROC-AUC (\S+)", r"「\1」だけでのROC-AUC \2"),
    (r"no column ranks", "単独で順位をつけられる項目はない"),
    (
        r"was it recorded after the outcome\? drop it \(--drop\) and train again",
        "結果が出た後に記録された項目ではないか確認し、そうであれば除外（--drop）して学習し直すこと",
    ),
    # TW08
    (
        r"(\d+) rows scored again from the stored bundle: same bits",
        r"保存したモデルで\1行を再計算：すべてビット単位で一致",
    ),
    (
        r"(\d+) rows scored again from the stored bundle: other probabilities",
        r"保存したモデルで\1行を再計算：確率が一致しない",
    ),
    # TW09
    (r"whether '(.+)' is missing has ROC-AUC (\S+)", r"「\1」の欠損の有無だけでのROC-AUC \2"),
    (
        r"whether '(.+)' is missing gives the outcome away in a group of rows",
        r"「\1」の欠損の有無だけで結果が分かってしまう行がある",
    ),
    (
        r"no column is missing more often before an event",
        "該当の前に欠損が増える項目はない",
    ),
    # TW10
    (r"the table has no time column: nothing lies ahead", "時刻の列がないため、後の期間がない"),
    (
        r"history too short to test forward: nothing lies ahead of the rows learnt from",
        "期間が短く後の期間で試せないため、学習した行より後の行がない",
    ),
    (
        r"'(.+)' has ROC-AUC (\S+) where it was learnt, (\S+) later",
        r"「\1」のROC-AUCは学習した期間で\2、その後の期間で\3",
    ),
    (
        r"was it filled in afterwards\? drop it and train again",
        "後から書き込まれた項目ではないか確認し、そうであれば除外して学習し直すこと",
    ),
    (r"no column has ROC-AUC (\S+) or more", r"ROC-AUCが\1以上の項目はない"),
    # TW11
    (
        r"'(.+)' moves on the very dates on which the label turns \((.+)\)",
        r"「\1」は結果が変わるその日に動いている（\2）",
    ),
    (
        r"values of '(.+)' hold (\S+) of the events and no others",
        r"「\1」の特定の値に該当の\2が集まり、非該当がない",
    ),
    (r"no value settles the outcome", "結果を決めてしまう値はない"),
    (
        r"nearest to moving with the label: '(.+)' \((.+)\)",
        r"結果と最も近い動きをするのは「\1」（\2）",
    ),
    # TW12
    (
        r"held out at random, and no row waits for its outcome: nothing could have moved",
        "無作為に分割しており、結果待ちの行もないため、変動のしようがない",
    ),
    (
        r"'(.+)' moved most in (.+): PSI (\S+) \((\S+) to (\S+)\), tolerated (\S+)",
        r"\2で最も変動したのは「\1」：PSI \3（\4～\5）、許容 \6",
    ),
    (
        r"'(.+)' moved most in (.+): PSI (\S+) \((\S+) to (\S+)\), any tolerated, hardly used",
        r"\2で最も変動したのは「\1」：PSI \3（\4～\5）、モデルがほとんど使わないため変動は問わない",
    ),
    (
        r"is it still made the same way\? mend it or drop it \(--drop\)",
        "作り方が変わっていないか確認し、直すか除外（--drop）すること",
    ),
    # TW13
    (
        r"no held-out event has any ARR: there is no share of it to find",
        "評価用の該当行にARRがなく、捉えた割合を測れない",
    ),
    (
        r"(.+) are at least the (\d+) held-out accounts of any date: everyone can be acted on, "
        r"nobody has to be chosen",
        r"\1で、どの日の評価用\2件にも足りる。全員に対応でき、選ぶ必要がない",
    ),
    (r"(\S+) of the ARR of the events among (.+)", r"\2で、該当のARRの\1を捉えた"),
    (r"(\S+) of the events among (.+)", r"\2で、該当の\1を捉えた"),
    (r"(\S+) by (.+) \(difference (\S+) to (\S+)\)", r"\2では\1（差 \3～\4）"),
    (r"every event counts the same, since (.+)", r"該当はすべて同じ重みで数えた（\1）"),
    # TW14
    (
        r"(\d+) groups of columns: any three of them overlap",
        r"項目のグループが\1個しかなく、どの3個を選んでも重なる",
    ),
    (
        r"(\S+) of the three main groups of reasons are those of (.+), wanted (\S+)",
        r"主な理由3グループの\1が\2と共通（基準 \3）",
    ),
    (
        r"(\S+) of the three main groups of reasons are those of (.+)",
        r"主な理由3グループの\1が\2と共通",
    ),
    (
        r"read both explanations before promoting",
        "採用する前に両方の説明を読み比べること",
    ),
    # TW15
    (
        r"against (.+) (\d+) of (\d+) accounts with human service would move",
        r"\1と比べ、人が担当する\3件のうち\2件のティアが変わる",
    ),
    (r"in all (\d+): (.+)", r"移動は全体で\1件：\2"),
    (r"tiers do not depend on '(.+)'", r"ティアは「\1」によらない"),
    (
        r"no newest rows with ARR: tiers need both",
        "ARRのある最新の行がない（ティアにはどちらも必要）",
    ),
    (
        r"ARR is not known on the newest date: tiers need it",
        "最新の日付のARRが分からない（ティアに必要）",
    ),
    # Where there is nothing to compare with
    (r"there is no champion yet", "現行モデルがまだない"),
    (r"the champion cannot score these rows: (.+)", r"現行モデルではこの表を計算できない（\1）"),
    (
        r"the champion reads (.+), which never changes in this table",
        r"現行モデルが使う項目（\1）の値が、この表ではまったく変化しない",
    ),
    (
        r"mend the export, or leave it out on purpose \(--drop\) and train again",
        "出力を直すか、意図的に除外（--drop）して学習し直すこと",
    ),
    (r"the champion cannot be asked about this table", "現行モデルではこの表を計算できない"),
    (r"this version is the champion", "このバージョンが現行モデル"),
    (r"this version cannot be read", "このバージョンを読み込めない"),
)

# What stands inside a clause.
_WORDS = (
    (r"the logistic regression", "ロジスティック回帰"),
    (r"the one-line rule", "単一ルール"),
    (r"the base rate", "平均発生率"),
    (r"ARR alone", "ARRの大きい順"),
    (r"(\d+) accounts a date \((.+?)\)(?=で)", r"1日あたり\1件（\2）"),
    (r"(\d+) accounts a date", r"1日あたり\1件"),
    (r"a tenth of the accounts of the newest date", "最新の日付の顧客の1割"),
    (r"the seats of (.+) of the policy ([^,）]+)", r"ポリシー\2の\1の定員"),
    (r"(\w+) and (\w+)の", r"\1と\2の"),
    (r": the policy (\S+) has no seat with human touch", r"：ポリシー\1に人が担当する定員がない"),
    (
        r": the policy (\S+) sets no number of seats for all of (\w+) and (\w+)",
        r"：ポリシー\1は\2と\3の両方の定員を定めていない",
    ),
    (
        r": the policy (\S+) sets no number of seats for all of (\w+)",
        r"：ポリシー\1は\2の定員を定めていない",
    ),
    (r", the held-out accounts' part", "のうち評価用の顧客の分"),
    (r"precision (\S+?)(?=）)", r"適合率 \1"),
    (r"ROC-AUC (\S+) of all rows, (\S+) of the turns", r"ROC-AUCは全行で\1、変わり目で\2"),
    (r"the held-out rows", "評価用の行"),
    (r"the newest rows", "最新の行"),
    (r"(?:, )?(\d+) (\w[\w ]*?) to (\w[\w ]*?)(?=, |$)", r"、\2→\3 \1件"),
    (r"：、", "："),
    (r"：nobody$", "：なし"),
)


def in_japanese(why: str) -> str:
    """Return what a check measured in Japanese."""
    return "。".join(_clause(clause) for clause in why.split("; "))


def _clause(clause: str) -> str:
    for pattern, japanese in _CLAUSES:
        found = re.fullmatch(pattern, clause)
        if found:
            return _worded(found.expand(japanese))
    return clause


def _worded(clause: str) -> str:
    for pattern, japanese in _WORDS:
        clause = re.sub(pattern, japanese, clause)
    return clause
