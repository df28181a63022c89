"""Names of months in many languages, as the C library's locales have them, but English."""

from functools import lru_cache
from typing import Final

from plait.logs.times.words import month_of

# January to December, in lower case. Left out are a few Croatian names, which are those of other
# months in Polish and Czech.
_NAMES: Final = (
    """
    ene enero gen gener gennaio ian ianuarie jaan jaanuar janeiro januar januari január janv
    janvier janvāris janúar jän jänner led leden ledna oca ocak saus sausio sausis sty styczeń
    stycznia tammi tammikuu ιαν ιανουάριος ιανουαρίου січ січень січня янв январь января яну
    януари јан јануар
    """,
    """
    febbraio febr febrer febrero februar februari februarie február februāris febrúar fev
    fevereiro févr février helmi helmikuu lut lutego luty vas vasario vasaris veebr veebruar úno
    únor února şub şubat φεβ φεβρουάριος φεβρουαρίου лют лютий лютого феб фебруар фев февраль
    февраля февруари
    """,
    """
    bře březen března kov kovas kovo maalis maaliskuu maart marca marec maret mars mart martie
    marts marzec marzo març março mrt mrz márc március mär märts märz μάρ μάρτιος μαρ μαρτίου бер
    березень березня мар март марта
    """,
    """
    abr abril aprile aprilie aprill apríl aprīlis avril bal balandis balandžio dub duben dubna
    huhti huhtikuu kwi kwiecień kwietnia nis nisan ápr április απρ απρίλιος απριλίου апр апрель
    апреля април кві квітень квітня
    """,
    """
    geg gegužė gegužės kvě květen května mag maggio mai maig maijs maio maj maja mayo mayıs maí
    mei máj május touko toukokuu μάι μάιος μαΐ μαΐου май мая мај тра травень травня
    """,
    """
    birž birželio birželis cze czerwca czerwiec giu giugno haz haziran iun iunie juin junho juni
    junij junio juny juuni jún június júní jūn jūnijs kesä kesäkuu čen červen června ιουν ιουνίου
    ιούν ιούνιος июн июнь июня чер червень червня юни јун
    """,
    """
    heinä heinäkuu iul iulie juil juillet julho juli julij julio juliol juuli júl július júlí jūl
    jūlijs liep liepa liepos lip lipca lipiec lug luglio tem temmuz čec července červenec ιουλ
    ιουλίου ιούλ ιούλιος июл июль июля лип липень липня юли јул
    """,
    """
    ag ago agost agosto agu agustus août augusti augusts augustus augusztus avg avgust ağu ağustos
    elo elokuu rugp rugpjūtis rugpjūčio sie sierpień sierpnia srp srpen srpna ágú ágúst αυγ
    αυγούστου αύγ αύγουστος авг август августа сер серпень серпня
    """,
    """
    eyl eylül rugs rugsėjis rugsėjo sept septembre septembrie septembris septiembre set setembre
    setembro settembre syys syyskuu szept szeptember wrz wrzesień września zář září σεπ
    σεπτέμβριος σεπτεμβρίου вер вересень вересня сен сентябрь сентября сеп септембар септември
    """,
    """
    eki ekim loka lokakuu octobre octombrie octubre okt oktober oktobris oktoober október ott
    ottobre out outubro paź październik października spal spalio spalis říj říjen října οκτ
    οκτωβρίου οκτώβριος жов жовтень жовтня окт октобар октомври октябрь октября
    """,
    """
    kas kasım lapkr lapkritis lapkričio lis listopad listopada listopadu marras marraskuu
    noiembrie novembre novembris novembro noviembre nóv nóvember νοέ νοέμβριος νοε νοεμβρίου лис
    листопад листопада нов новембар ное ноември ноя ноябрь ноября
    """,
    """
    ara aralık decembrie decembris des desember desembre dets detsember dez dezember dezembro dic
    dicembre diciembre déc décembre gru grudnia grudzień gruod gruodis gruodžio joulu joulukuu pro
    prosince prosinec δεκ δεκέμβριος δεκεμβρίου гру грудень грудня дек декабрь декабря декември
    дец децембар
    """,
)


@lru_cache(maxsize=1)
def _by_name() -> dict[str, int]:
    return {name: number for number, names in enumerate(_NAMES, 1) for name in names.split()}


def month_in_any_language(word: str) -> int | None:
    """1 to 12 for the name of a month in one of the languages above, or in English."""
    lower = word.lower().rstrip(".")
    # In a Finnish date a month has an ending: maaliskuuta.
    for name in (lower, lower.removesuffix("ta")):
        if name in _by_name():
            return _by_name()[name]
    return month_of(lower.encode())
