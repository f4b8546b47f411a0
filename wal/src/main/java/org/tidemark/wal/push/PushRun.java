// SPDX-License-Identifier: Apache-2.0
package org.tidemark.wal.push;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.tidemark.archiver.push.WalPusher.PushRequest;
import org.tidemark.archiver.queue.GivenUpNotes;
import org.tidemark.archiver.queue.JavaStarts;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalFile.TimelineHistoryFile;
import org.tidemark.wal.call.WalContext;

/**
 * What one call of archive_command does: it archives the file, and what belongs to it.
 *
 * @param lastResort is told what may end the call with success if its time is over
 */
public record PushRun(WalContext context, Pusher pusher, Consumer<BooleanSupplier> lastResort) {
    /** What became of the call. */
    public enum Outcome {
        /** The file is archived. */
        ARCHIVED,
        /** The same, but threads are left that still wait for a store. */
        ABANDONED,
        /** The disk was nearly full: the file was dropped, and a durable note says so. */
        DROPPED
    }

    /**
     * Archives the file.
     *
     * @param isOfServer whether the server hands it over; a file pushed by hand is never dropped
     */
    public Outcome push(PushRequest request, boolean isOfServer) throws IOException {
        boolean abandoned;
        if (isOfServer && context.configuration().host().dropWalBelowBytes() > 0) {
            FullWalDisk disk = new FullWalDisk(context, request, pusher);
            lastResort.accept(disk::dropsLate);
            Optional<Boolean> pushed = disk.push();
            if (pushed.isEmpty()) {
                return Outcome.DROPPED;
            }
            abandoned = pushed.get();
        } else {
            abandoned = pusher.push(request);
        }
        if (isOfServer && request.file() instanceof WalFile.Segment segment) {
            new JavaStarts(context.spool(), pusher.cluster()).add(segment);
        }
        abandoned |= pushInherited(request);
        return abandoned ? Outcome.ABANDONED : Outcome.ARCHIVED;
    }

    /** Runs with the history of this server's timeline, or later if that was not archived. */
    private boolean pushInherited(PushRequest pushed) throws IOException {
        Timeline timeline = pushed.file().timeline();
        if (timeline.equals(Timeline.FIRST) || pushed.file() instanceof WalFile.BackupHistoryFile) {
            return false;
        }
        GivenUpNotes notes = GivenUpNotes.of(
                context.spool(), pusher.cluster(), pushed.origin().system());
        TimelineHistoryFile history = new TimelineHistoryFile(timeline);
        Path path = pushed.path().resolveSibling(history.name());
        boolean isLate = notes.hasHistory(timeline);
        boolean abandoned = false;
        if (pushed.file().equals(history) || (isLate && path.toFile().exists())) {
            abandoned = InheritedSegments.push(context, new PushRequest(history, path, pushed.origin()), pusher);
        }
        if (isLate) {
            notes.forgetHistories(timeline);
        }
        return abandoned;
    }
}
