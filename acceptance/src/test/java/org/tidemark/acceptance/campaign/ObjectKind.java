// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.campaign;

import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import org.tidemark.store.ObjectKey;

/** The kinds of objects of a repository: docs/design/repository-format.md has their keys. */
enum ObjectKind {
    REPOSITORY("tidemark\\.json", Reader.EVERYBODY),
    CLUSTER("[^/]+/\\d+/cluster\\.json", Reader.EVERYBODY),
    SEGMENT(".*/wal/.*/[0-9A-F]{24}", Reader.FETCH),
    PARTIAL_SEGMENT(".*/wal/.*\\.partial-.*", Reader.FETCH),
    BACKUP_HISTORY(".*/wal/.*\\.backup", Reader.FETCH),
    HISTORY(".*/history/.*", Reader.EVERYBODY),
    INTENT(".*/catalog/.*/intent\\.json", Reader.VERIFY_ALONE),
    /** Only where the WAL of a backup came later than its files. */
    WAITING_BACKUP(".*/backup/.*/waiting\\.json", Reader.VERIFY_ALONE),
    MARK(".*/mark/.*", Reader.VERIFY_ALONE),
    BACKUP(".*/catalog/.*/backup\\.json", Reader.RECOVER),
    BUNDLES(".*/catalog/.*/bundles", Reader.RECOVER),
    BUNDLE(".*/backup/.*/bundle/.*", Reader.RECOVER_FRAMES),
    MANIFEST_PART(".*/backup/.*/manifest/.*", Reader.RECOVER),
    POSTGRES_MANIFEST(".*/backup/.*/backup_manifest/.*", Reader.RECOVER);

    /** What reads an object, besides a verification. */
    enum Reader {
        EVERYBODY,
        RECOVER,
        /** Reads the data of the frames, and neither the index nor the bits that mean nothing to the codec. */
        RECOVER_FRAMES,
        FETCH,
        VERIFY_ALONE
    }

    private final Pattern keys;
    private final Reader reader;

    ObjectKind(String keys, Reader reader) {
        this.keys = Pattern.compile(keys);
        this.reader = reader;
    }

    static ObjectKind of(ObjectKey key) {
        List<ObjectKind> kinds = Arrays.stream(values())
                .filter(kind -> kind.keys.matcher(key.value()).matches())
                .toList();
        if (kinds.size() != 1) {
            throw new IllegalArgumentException("'" + key + "' is one of " + kinds);
        }
        return kinds.getFirst();
    }

    Reader reader() {
        return reader;
    }
}
