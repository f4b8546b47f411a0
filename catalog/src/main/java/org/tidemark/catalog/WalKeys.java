// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog;

import org.tidemark.core.Timeline;
import org.tidemark.core.WalFile;
import org.tidemark.store.ObjectKey;

/**
 * Where WAL files lie. Immutable.
 *
 * @param prefix the beginning of every key of the incarnation, with its slash
 */
record WalKeys(String prefix) {
    ObjectKey of(WalFile.Segment segment) {
        return inLog(segment, segment.name());
    }

    ObjectKey of(WalFile.BackupHistoryFile file) {
        return inLog(file.segment(), file.name());
    }

    ObjectKey of(StoredPartial partial) {
        return inLog(partial.segment(), partial.keyName());
    }

    ObjectKey of(WalFile.TimelineHistoryFile file) {
        return new ObjectKey(histories() + file.name());
    }

    /** The key whose last part is {@code keyName}: a history's, or one in the folder of its segment. */
    ObjectKey named(String keyName) {
        return keyName.endsWith(".history")
                ? new ObjectKey(histories() + keyName)
                : new ObjectKey(wal() + keyName.substring(0, 8) + "/" + keyName.substring(8, 16) + "/" + keyName);
    }

    private ObjectKey inLog(WalFile.Segment segment, String name) {
        return new ObjectKey(log(segment) + name);
    }

    /** The folder of a segment, with its slash. */
    String log(WalFile.Segment segment) {
        String name = segment.name();
        return wal() + name.substring(0, 8) + "/" + name.substring(8, 16) + "/";
    }

    String timeline(Timeline timeline) {
        return wal() + timeline.toHex() + "/";
    }

    String wal() {
        return prefix + "wal/";
    }

    String histories() {
        return prefix + "history/";
    }
}
