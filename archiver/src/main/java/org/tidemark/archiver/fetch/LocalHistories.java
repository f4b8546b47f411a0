// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.fetch;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.tidemark.archiver.FileNames;
import org.tidemark.core.Timeline;
import org.tidemark.core.TimelineHistory;

/** Reads the histories that a server has in pg_wal. */
public final class LocalHistories {
    private LocalHistories() {}

    /**
     * All of them, in no order.
     *
     * @throws IllegalArgumentException if one is not a history; PostgreSQL cannot read it either
     */
    public static List<TimelineHistory> in(Path walDirectory) throws IOException {
        List<TimelineHistory> found = new ArrayList<>();
        for (String name : FileNames.in(walDirectory)) {
            if (name.matches("[0-7][0-9A-F]{7}\\.history")) {
                found.add(of(Timeline.parseHex(name.substring(0, 8)), walDirectory.resolve(name)));
            }
        }
        return found;
    }

    static TimelineHistory of(Timeline timeline, Path file) throws IOException {
        return TimelineHistory.parse(timeline, Files.readString(file, StandardCharsets.ISO_8859_1));
    }
}
