// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup;

import java.util.List;
import org.tidemark.catalog.backup.BundleWriter;
import org.tidemark.catalog.backup.Intent;
import org.tidemark.catalog.format.Encoding;
import org.tidemark.catalog.layout.BackupKeys;

/**
 * A backup as it is stored with one encryption: all of its receivers get the same objects under the same id. Immutable
 * but for the receivers.
 */
record BackupVariant(BackupKeys keys, Intent intent, Encoding encoding, List<Receiver> receivers) {
    BackupVariant {
        receivers = List.copyOf(receivers);
    }

    List<Receiver> live() {
        return receivers.stream().filter(Receiver::isLive).toList();
    }

    boolean isLive() {
        return receivers.stream().anyMatch(Receiver::isLive);
    }

    /** The position of the first frame in each bundle; the frames of all variants have the same order and lengths. */
    long firstFrame() {
        return BundleWriter.firstFrame(keys, encoding);
    }
}
