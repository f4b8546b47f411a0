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
 * @param isOfServe whether serve checks, at its own pace: it compares the files that wait with its own last check
 */
public record CheckRequest(
        Duration limit,
        boolean decrypt,
        boolean switchWal,
        WalReading wal,
        Optional<String> program,
        boolean isOfServe) {
    /** One that lists all WAL, and asks for everything. */
    public CheckRequest(Duration limit, boolean decrypt, boolean switchWal) {
        this(limit, decrypt, switchWal, WalReading.WHOLE, Optional.empty(), false);
    }

    /** One of serve, for which nothing stands in. */
    public static CheckRequest ofServe(Duration limit, WalReading wal) {
        return new CheckRequest(limit, false, false, wal, Optional.empty(), true);
    }

    /** Where the number of waiting files is kept for the next check. */
    BacklogMemory.Kept memory() {
        return isOfServe ? BacklogMemory.Kept.OF_SERVE : BacklogMemory.Kept.OF_CHECK;
    }
}
