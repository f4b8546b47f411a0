// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.campaign;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;
import org.tidemark.testkit.PostgresServerBuilder;

/** A real server with segments of 1 MiB, whose archive_command copies into a directory. Not thread-safe. */
final class ArchivingServer implements AutoCloseable {
    private final PostgresServer server;
    private final Path archive;
    private final Path work;

    /** @param work an existing directory */
    ArchivingServer(PostgresBinaries binaries, Path work) {
        server = PostgresServer.of(binaries)
                .initdb("--wal-segsize=1")
                .withoutRecycling()
                .archiving(PostgresServerBuilder.commandInto("../archive"))
                .create();
        archive = server.newDirectory("archive");
        this.work = work;
        server.start();
    }

    PostgresServer server() {
        return server;
    }

    /** What the services need, as long as the server is not started again. */
    ClusterSource source() {
        return new ClusterSource(server.socketConninfo(), server.dataDirectory(), archive, work);
    }

    /**
     * Ends the timeline in the middle of a segment, as a failover does: PostgreSQL archives what it had of the segment
     * as {@code .partial}, and the history of the new timeline.
     */
    void promote() throws IOException {
        server.stopFast();
        Files.writeString(server.dataDirectory().resolve("standby.signal"), "");
        server.start();
        server.promote();
    }

    @Override
    public void close() {
        server.close();
    }
}
