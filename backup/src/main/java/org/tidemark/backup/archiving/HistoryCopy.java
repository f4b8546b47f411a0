// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.archiving;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.format.ContainerKind;
import org.tidemark.catalog.format.EncodedObject;
import org.tidemark.catalog.format.Encoding;
import org.tidemark.catalog.format.ObjectEncoder;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Timeline;
import org.tidemark.core.TimelineHistory;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile;
import org.tidemark.store.ObjectSource;

/**
 * Archives the history of a timeline, if it is not archived: PostgreSQL hands a history to archive_command once, at the
 * promotion, and a cluster may have been promoted before it archived here.
 *
 * @param work where temporary files go
 */
public record HistoryCopy(ClusterArchive archive, Encoding encoding, Path work) {

    /** Where the history of a timeline is. */
    @FunctionalInterface
    public interface Histories {
        /** Empty if there is none. */
        Optional<byte[]> history(Timeline timeline) throws IOException;
    }

    /**
     * Does nothing for the first timeline, which has no history, and where nobody has it.
     *
     * @throws UserFacingException if what the server sent is not a history: nothing of it is stored
     */
    public void ensure(Timeline timeline, Histories known) throws IOException {
        if (archive.wal().history(timeline).isPresent()) {
            return;
        }
        Optional<byte[]> content = known.history(timeline);
        if (content.isEmpty()) {
            return;
        }
        WalFile.TimelineHistoryFile file = new WalFile.TimelineHistoryFile(timeline);
        requireHistory(file, content.get());
        try (EncodedObject encoded = ObjectEncoder.encode(
                ContainerKind.HISTORY,
                file.name(),
                archive.identity().system(),
                encoding,
                ObjectSource.of(content.get()),
                work)) {
            archive.wal().put(file, encoded);
        }
    }

    /** Refuses a file that is not a history: in a write-once repository, nobody can remove a stored object. */
    private static void requireHistory(WalFile.TimelineHistoryFile file, byte[] content) {
        try {
            TimelineHistory.parse(file.timeline(), new String(content, StandardCharsets.ISO_8859_1));
        } catch (IllegalArgumentException e) {
            throw new UserFacingException(
                    ExitCode.BACKUP_FAILED,
                    "the server sent a '" + file.name() + "' that is not a timeline history: " + e.getMessage(),
                    "Compare it with '" + file.name() + "' in pg_wal of the server.",
                    e);
        }
    }
}
