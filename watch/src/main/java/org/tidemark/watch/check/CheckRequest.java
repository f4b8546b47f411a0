// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.check;

import java.time.Duration;
import java.util.Optional;
import org.tidemark.session.reading.WalReading;

/**
 * What a check does. Immutable.
 *
 * @param limit of the whole
 * @param decrypt whether stored objects are read
 * @param switchWal whether a segment is closed and awaited in every repository
 * @param wal how much of the WAL is listed
 * @param program for a repository that does not answer in time, the last check of a serve of this version may stand in;
 *     empty: nothing does
 */
public record CheckRequest(
        Duration limit, boolean decrypt, boolean switchWal, WalReading wal, Optional<String> program) {
    /** One that lists all WAL, and asks for everything. */
    public CheckRequest(Duration limit, boolean decrypt, boolean switchWal) {
        this(limit, decrypt, switchWal, WalReading.WHOLE, Optional.empty());
    }
}
