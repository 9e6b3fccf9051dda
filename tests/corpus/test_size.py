from tests.corpus.archives import ARCHIVES
from tests.corpus.damaged import NOTES, SAFETENSORS
from tests.corpus.folders import FOLDERS
from tests.corpus.foreign import FOREIGN
from tests.corpus.images import IMAGES
from tests.corpus.params import PARAMS
from tests.corpus.servers import SERVERS


def test_corpus_has_200_inputs_with_unique_names_per_table():
    tables = [ARCHIVES, SERVERS, PARAMS, NOTES, SAFETENSORS, FOREIGN, IMAGES, FOLDERS]
    for table in tables:
        assert len({row.name for row in table}) == len(table)
    assert sum(map(len, tables)) >= 200
