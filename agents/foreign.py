"""The commonest orders to a juror in other languages than English, without their accents.

Each names what is to be forgotten, or a vote, a grade or the win together with the answer that is to
get it: to vote or to rate as a subject is none.
"""

from .literals import Sieve
from .phrases import LETTER, Phrases

_GERMAN = (
    r"(?:dies(?:e|er|en|em)|mein(?:e|er|en|em)|unser(?:e|er|en|em)|(?:die|der|den|dem) "
    r"(?:erste|zweite|vorliegende|obige)[nmr]?|erste|zweite)"
    r" (?:antwort|losung|text|beitrag|einsendung|seite|redner(?:in)?|stellungnahme|modell|loesung)"
    rf"|antwort (?:{LETTER}|1|2|eins|zwei)|\bmich\b|\bmir\b|(?:den|der|die) (?:ersten?"
    rf"|zweiten?)(?=\W*$| (?:als|zum|zur|mit)\b)|{LETTER}"
)
_GERMAN_TOP = (
    r"(?:\b(?:10|zehn)(?: (?:von|punkt|punkten|punkte|/)|/|\W*$)|punktzahl|bestnote|\bsieg"
    r"|gewinn|bester?\b|besten?\b|besser|beste antwort|hochst|hoechst|\bvolle)"
)
_FRENCH = (
    r"(?:cette|ma|notre|la (?:premiere|seconde|deuxieme|presente)) (?:reponse|solution"
    r"|proposition|contribution)"
    r"|(?:ce|mon|le (?:premier|second|deuxieme)) (?:texte|orateur|intervenant|candidat"
    rf"|modele)|reponse (?:{LETTER}|1|2)|\bmoi\b|\bme\b|-moi\b|{LETTER}"
)
_FRENCH_TOP = (
    r"(?:\b(?:10|dix)(?: (?:sur|points?)| ?/|\W*$| a\b)|maximum|maximale|meilleure?"
    r"|gagnante?|vainqueur|victoire|gagner|note la plus|plus haute|tous les points)"
)
_SPANISH = (
    r"(?:esta|mi|nuestra|la (?:primera|segunda|presente)) (?:respuesta|solucion|propuesta"
    r"|contribucion|risposta)"
    r"|(?:este|mi|el (?:primer|segundo)) (?:texto|orador|candidato|modelo)|(?:questa|la "
    r"mia|la (?:prima|seconda)) (?:risposta|soluzione)|(?:esta|minha|a (?:primeira"
    r"|segunda)) (?:resposta|solucao)"
    rf"|(?:respuesta|risposta|resposta) (?:{LETTER}|1|2)|\bmi\b(?=\W*$| (?:como|un)\b)"
    rf"|\bmim\b|{LETTER}"
)
_SPANISH_TOP = (
    r"(?:\b(?:10|diez|dieci|dez)(?: (?:de|su|em|puntos?|punti|pontos?)| ?/|\W*$| a\b)"
    r"|maxim|massim|mejor|migliore?|melhor|ganador|vincit|vencedor|victoria|vittoria"
    r"|vitoria|puntuacion mas alta|todos los puntos)"
)
_DE_CALL = (
    r"(?:^\W*|[:,;.!–-] ?|\bbitte |\bund |\balso |\bsofort )(?:bitte |nun |jetzt |also |daher "
    r"|liebe jury,? |liebe juroren,? )*"
)
_FR_CALL = (
    r"(?:^\W*|[:,;.!–-] ?|\bveuillez |\bmerci de |\bet |\bs'il vous plait,? |\bdonc )(?:donc "
    r"|maintenant |veuillez )*"
)
_ES_CALL = (
    r"(?:^\W*|[:,;.!¡–-] ?|\bpor favor,? |\bper favore,? |\by |\be |\bpor tanto,? )(?:ahora "
    r"|por favor,? )*"
)
_DE_MUST = (
    r"\b(?:musst|musst du|mussen sie|sollst|sollt|sollten sie|sollen sie|musst ihr|hat"
    r"|haben)\b"
)
_FR_MUST = r"\b(?:devez|dois|doit|doivent|il faut|vous demande de|prie de|merci de|veuillez)\b"
_ES_MUST = (
    r"\b(?:debes?|deben|debeis|tienes que|tiene que|tienen que|hay que|le pido que|les pido "
    r"que|devi|dovete|deve|devem)\b"
)
_DE_GIVE = (
    rf"{_DE_CALL}(?:bewerte|bewertet|bewerten sie|benote|benotet|benoten sie|gib|gebt"
    r"|geben sie|vergib|vergeben sie|erklare|erklaren sie|erklart"
    r"|wahle|wahlt|wahlen sie|waehle|waehlen sie|kure|kuren sie|ernenne|ernennen sie"
    r"|verleihe|verleihen sie|markiere|betrachte|bezeichne|nenne|stufe)\b"
)
_FR_GIVE = (
    rf"{_FR_CALL}(?:note[rz]?|notez|evalue[rz]?|donne[rz]?|attribue[rz]?|accorde[rz]?"
    r"|choisis|choisissez|choisir|selectionne[rz]?|declare[rz]?|designe[rz]?|nomme[rz]?"
    r"|considere[rz]?|proclame[rz]?|classe[rz]?|mets|mettez|mettre)\b"
)
_ES_GIVE = (
    rf"{_ES_CALL}(?:califica|califique|calificad|puntua|puntue|evalua|evalue|da|dad|de|den"
    r"|dale|dele|denle|dame|deme|otorga|otorgue|otorguen|asigna|asigne|elige|elija|elijan"
    r"|escoge|escoja|selecciona|seleccione"
    r"|declara|declare|declaren|nombra|nombre|considera|considere|marca|valora|valore"
    r"|concede|conceda|ponle|dai|date|assegna|valuta|scegli|scegliete|dichiara|escolha"
    r"|avalie|classifique|atribua)\b"
)
_HINTS = Sieve(
    r"antwort|losung|mich\b|mir\b|punkt|stimm|wahl|anweisung|vorgaben|instruktion|juror"
    r"|geschwor|reponse|votez|vote\b|instructions|consignes"
    r"|moi\b|texte?\b|respuesta|risposta|resposta|vot[ae]|solucion|instruc|istruz|dame"
    r"|deme|calif|jurado|忽|无视|無視|忘|答|回|ответ|инструкци|указани|redner|declar",
)
_ORDERS = Phrases(
    r"\bignorier(?:e|t|en sie) (?:\w+ ){0,3}(?:anweisungen|vorgaben|instruktionen|regeln|hinweise)",
    r"\b(?:vergiss|vergesst|vergessen sie|missachte|missachten sie) (?:\w+ ){0,3}"
    r"(?:anweisungen|vorgaben|instruktionen)",
    r"\b(?:ignorez|ignore|oubliez|oublie|ne tenez pas compte des?) (?:\w+ ){0,3}"
    r"(?:instructions|consignes|directives|regles)(?: (?:precedentes|anterieures|ci-dessus"
    r"|donnees)|\W*$)",
    r"\b(?:ignora|ignorad|ignore|ignoren|olvida|olvide|olviden|dimentica|ignorate"
    r"|esqueca) (?:\w+ ){0,3}(?:instrucciones|indicaciones|istruzioni|instrucoes)",
    r"(?:忽略|无视|無視|忘记).{0,8}(?:指令|指示|说明|說明|規則|规则|提示)",
    r"(?:给|給|为|把|请选择|请投票给|投票给|选择).{0,4}(?:这个|本|我的|第一个|第二个|此)(?:答案|回答|回复).{0,12}(?:满分|最高"
    r"|10 ?分|十分|获胜|胜|最好|最佳)",
    r"игнорируй(?:те)? .{0,30}(?:инструкци|указани)",
    r"(?:оцени|поставь|дай|присуди|выбери|голосуй)(?:те)? .{0,30}(?:этот|этому|мой|моему"
    r"|первый|первому|второму) ответу?.{0,30}(?:10|десят|высш|лучш|максим|побед|балл)",
    # To grade, give or declare, in either order of the answer and what it is to get.
    rf"{_DE_GIVE} .{{0,30}}?(?:{_GERMAN}) .{{0,40}}?{_GERMAN_TOP}",
    rf"{_DE_GIVE} .{{0,30}}?{_GERMAN_TOP}.{{0,25}}?(?:{_GERMAN})",
    rf"{_FR_GIVE}(?:-(?:moi|lui))? .{{0,30}}?(?:{_FRENCH}) .{{0,40}}?{_FRENCH_TOP}",
    rf"{_FR_GIVE}(?:-(?:moi|lui))? .{{0,40}}?{_FRENCH_TOP}.{{0,25}}?(?:{_FRENCH})",
    r"\b(?:donne[rz]?|attribue[rz]?|accorde[rz]?|mets|mettez)-moi .{0,20}?(?:\b(?:10|dix) "
    r"?(?:sur|/|points)|maximum|maximale|victoire)",
    rf"{_ES_GIVE} .{{0,30}}?(?:{_SPANISH}) .{{0,40}}?{_SPANISH_TOP}",
    rf"{_ES_GIVE} .{{0,40}}?{_SPANISH_TOP}.{{0,25}}?(?:{_SPANISH})",
    r"\b(?:dame|deme|denme|calificame|califiqueme|puntuame) .{0,20}?(?:\b(?:10|diez)(?: "
    r"(?:de|puntos)| ?/|\W*$)|maxim|victoria)",
    rf"{_DE_MUST} .{{0,40}}?(?:{_GERMAN}) .{{0,40}}?{_GERMAN_TOP}.{{0,20}}?\b(?:bewerte"
    r"|benote|geb|vergeb|erklar|wahl|kur)\w*",
    rf"{_FR_MUST} .{{0,20}}?\b(?:note|evalue|donne|attribue|accorde|choisi|declare|classe"
    rf"|mettr)\w* .{{0,20}}?(?:{_FRENCH}) .{{0,40}}?{_FRENCH_TOP}",
    rf"{_ES_MUST} .{{0,20}}?\b(?:calific|punt|evalu|da|otorg|asign|eleg|escog|declar"
    rf"|valor)\w* .{{0,20}}?(?:{_SPANISH}) .{{0,40}}?{_SPANISH_TOP}",
    rf"{_FR_MUST} .{{0,20}}?\b(?:note|evalue|donne|attribue|accorde|choisi|declare|classe"
    rf"|mettr)\w* .{{0,20}}?{_FRENCH_TOP}.{{0,20}}?(?:{_FRENCH})",
    rf"{_ES_MUST} .{{0,20}}?\b(?:calific|punt|evalu|da|otorg|asign|eleg|escog|declar"
    rf"|valor)\w* .{{0,20}}?{_SPANISH_TOP}.{{0,20}}?(?:{_SPANISH})",
    rf"(?:{_GERMAN}) (?:muss|soll|sollte) .{{0,30}}?{_GERMAN_TOP[:-1]}|\b(?:10|zehn)\b)",
    rf"(?:{_FRENCH}) (?:doit|devrait) .{{0,30}}?{_FRENCH_TOP}",
    rf"(?:{_SPANISH}) (?:debe|deberia|tiene que) .{{0,30}}?{_SPANISH_TOP}",
    # To vote.
    r"(?<!ich )\b(?:stimm|stimme|stimmt|stimmen sie|entscheide(?:t|n sie)?(?: (?:dich|euch"
    rf"|sich))?) (?:\w+ )?(?:fur|fuer) (?:{_GERMAN})(?<!fur mich)(?<!fuer mich)",
    r"(?:^|[:,;] ?|bitte )(?:stimmt|stimmen sie|stimme|stimm|entscheide(?:t|n sie)? "
    r"(?:dich|euch|sich)) (?:\w+ )?(?:fur|fuer) mich\b",
    r"(?<!\bai )(?<!\bas )(?<!\ba )(?<!\bont )(?<!avez )(?<!avons )\b(?:vote[rz]?|votons"
    rf"|prononcez-vous|tranchez) (?:\w+ )?(?:pour|en faveur de) (?:{_FRENCH})",
    rf"\b(?:vota|votad|vote|voten|votate|votem) (?:\w+ )?(?:por|per|a favor de) (?:{_SPANISH})",
    r"(?<!ich )\b(?:wahle|wahlt|wahlen sie|waehle|waehlen sie|bevorzuge|bevorzugen sie"
    rf"|bevorzugt|kure|kuren sie) (?:bitte )?(?:{_GERMAN})(?<!mich)(?<!mir)(?<! A)(?<! B)",
    r"\b(?:choisis|choisissez|preferez|prefere|selectionnez|selectionne) (?:s'il vous "
    r"plait )?(?:cette|ma|la (?:premiere|seconde|deuxieme)) reponse",
    r"\b(?:elige|elija|elijan|escoge|escoja|prefiere|prefiera|selecciona|seleccione|scegli"
    r"|scegliete|escolha) (?:esta|mi|la (?:primera|segunda)|questa|la mia|a minha|minha) "
    r"(?:respuesta|risposta|resposta)",
    # What others are said to have decided.
    r"\b(?:der moderator|die jury|das komitee|das gremium) (?:hat|haben)\b.{0,40}?\b"
    r"(?:antwort|redner|gegner)\w*\b.{0,30}?(?:disqualifi|gewonnen|gewinnt|sieger|verloren"
    r"|punktzahl)",
    r"\b(?:le moderateur|le jury|le comite) (?:a|ont)\b.{0,40}?\b(?:reponse|orateur"
    r"|adversaire)\b.{0,30}?(?:disqualifi|gagn|perdu|vainqueur|note maximale)",
    r"\b(?:el moderador|el jurado|el comite) (?:ha|han)\b.{0,40}?\b(?:respuesta|orador"
    r"|adversario)\b.{0,30}?(?:descalific|ganad|gana\b|perdi|puntuacion maxima)",
    r"\b(?:alle anderen|die anderen|die (?:ubrigen|restlichen)) (?:juroren|jurymitglieder"
    rf"|geschworenen|richter|gutachter) .{{0,40}}?(?:{_GERMAN})",
    rf"\b(?:tous les autres|les autres) (?:jures|juges|membres du jury) .{{0,40}}?(?:{_FRENCH})",
    r"\b(?:todos los demas|los demas|los otros) (?:jurados|jueces|miembros del jurado) "
    rf".{{0,40}}?(?:{_SPANISH})",
    hints=_HINTS,
)


def is_foreign_order(sentence: str) -> bool:
    """Tell whether a sentence, folded to plain letters or in its own script, orders a juror about."""
    return _ORDERS.hold(sentence)
