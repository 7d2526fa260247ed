"""Words that tie a prompt together and mean no style of their own, in the languages that people type."""

from txst.palette.spelling import fold

SIGNS = "風格 风格 風 风 画风 画風 の 的 スタイル 画 样 와 스타일".split()  # in scripts that part no words
FILLERS = frozenset(
    map(
        fold,
        """
        a an the of in on by with and or nor for so from to at as if it is was were be would like after into s d l t
        style styles styled stylised stylized painting paintings painted paint picture pictures art artwork artistic artist image photo
        work works piece made make do please me my i want give something some any anything everything all looks look looking feel feeling
        inspired inspiration version manner school era period movement kind type sort very really quite bit little more much too
        colours colors coloured colored colour color tones tone toned hues hue shades shade tints palette mood lighting effect
        technique meets meet mixed mix blend combined plus x but instead esque ish half bits both
        le la les du des un une dans en au aux et avec maniere façon tableau peinture à
        der die das im stil von und mit ein eine gemalde wie al del de da el los las estilo con y pintura
        nello stile di e il dello della dipinto w stylu tarzı tarzında в стиле и как картина с
        """.split() + SIGNS,
    )
)
BEFORE_NAMES = frozenset(map(fold, "by of like after style manner la von de di".split()))  # a painter's name follows
ESQUE = fold("esque")
AFTER_NAMES = frozenset(("s", ESQUE, "style"))
NOT = frozenset(map(fold, "not no without never less non isn don nothing except sans ohne sin senza nicht kein keine без не".split()))
OR = frozenset(map(fold, "and or nor et ou und oder y o e и или".split()))
