// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.check;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.catalog.StoredArchive;
import org.tidemark.core.Finding;
import org.tidemark.core.SpoolPart;
import org.tidemark.session.StoredSession;

class QueuedHoleTest {
    private static final Instant NOW = Instant.parse("2026-11-29T03:00:00Z");

    @TempDir
    private Path directory;

    private static List<String> holes(StoredSession stored) throws InterruptedException {
        return Checkup.of(stored.session(), stored.clock(), new CheckRequest(Duration.ofMinutes(1), false, false))
                .findings()
                .stream()
                .filter(each -> each.subject().equals(Subject.HOLES.text()))
                .map(Finding::message)
                .toList();
    }

    /** The host that queued it delivers it, out of order if need be; what waits in the queue is told by the backlog. */
    @Test
    void aSegmentInTheQueueIsNoHoleIfAnotherRepositoryHasIt() throws Exception {
        try (StoredSession stored = StoredSession.ofTwo(directory, NOW.minus(Duration.ofDays(1)))) {
            for (String name : List.of("far", "near")) {
                stored.in(name).backup(1, 1, 2);
                stored.in(name).wal(1, 1, 3);
                stored.in(name).wal(1, 6, 7);
            }
            stored.in("near").wal(1, 4, 5);
            stored.at(NOW);
            assertThat(holes(stored)).singleElement().asString().contains("not archived in 'far'; 'near' has them");

            queue(stored, 4);
            assertThat(holes(stored)).as("one of two is queued").hasSize(1);
            queue(stored, 5);
            assertThat(holes(stored)).isEmpty();

            for (int place = 4; place <= 5; place++) {
                stored.store("near")
                        .delete(List.of(StoredArchive.IDENTITY.keys().of(StoredArchive.segment(1, place))));
            }
            assertThat(holes(stored))
                    .as("the queue has names, and nobody the bytes")
                    .hasSize(2);
        }
    }

    private static void queue(StoredSession stored, long place) throws Exception {
        String id = stored.session().repository(stored.settings("far")).id().value();
        Path queue = SpoolPart.PENDING
                .in(stored.session().spool())
                .resolve(id)
                .resolve(StoredArchive.IDENTITY.cluster().value())
                .resolve(StoredArchive.IDENTITY.system().toString());
        Files.createDirectories(queue);
        String source =
                stored.session().repository(stored.settings("near")).id().value();
        Files.createFile(queue.resolve("%016d.%s.%s.in-%s"
                .formatted(place, StoredArchive.segment(1, place).name(), "0123456789abcdef", source)));
    }
}
