// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.check;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.tidemark.config.ClusterSettings;
import org.tidemark.config.ClusterSettings.CheckSettings;
import org.tidemark.core.Amounts;
import org.tidemark.core.DiskSpace;
import org.tidemark.core.Finding;
import org.tidemark.core.Measure;
import org.tidemark.operations.server.ServerDirectory;

/** Whether the configured data directory is the one of the server that answers, and how much room its WAL has. */
final class DataDirectoryCheck {
    private DataDirectoryCheck() {}

    /**
     * Compares them.
     *
     * @param ofServer what the server says; empty if it does not answer, or the role may not see it
     * @param started when the server was started
     */
    static List<Finding> of(ClusterSettings cluster, Optional<Path> ofServer, Optional<Instant> started) {
        if (cluster.dataDirectory().isEmpty()) {
            return List.of();
        }
        Path configured = cluster.dataDirectory().get();
        String key = "cluster." + cluster.name() + ".data-directory";
        boolean named = ofServer.filter(configured::equals).isPresent();
        if (Files.notExists(configured)) {
            return List.of(
                    named
                            ? Subject.DATA_DIRECTORY.ok("the server's data directory is on another host")
                            : Subject.DATA_DIRECTORY.critical(
                                    key + " is '" + configured + "', and there is no such directory"
                                            + ofServer.map(path -> "; the server's is '" + path + "'")
                                                    .orElse(""),
                                    "Correct " + key + " in the configuration; see it with: tidemark config"));
        }
        if (ofServer.isEmpty()) {
            return List.of();
        }
        if (ServerDirectory.is(configured, ofServer.get(), started)) {
            return List.of(Subject.DATA_DIRECTORY.ok("'" + configured + "' is the server's"));
        }
        return List.of(Subject.DATA_DIRECTORY.critical(
                key + " is '" + configured + "', but the server that answers runs in '" + ofServer.get() + "'",
                "Correct " + key + " or cluster." + cluster.name() + ".conninfo in the configuration"));
    }

    /**
     * How much room the file system of pg_wal has, where the data directory is on this host.
     *
     * @param waiting whether files wait to be archived for long, so that pg_wal grows
     * @param dropBelowBytes the limit of host.pg-wal-full; 0 if it waits
     */
    static List<Finding> walSpace(
            ClusterSettings cluster, Optional<Path> ofServer, boolean waiting, long dropBelowBytes) {
        Optional<Path> directory = Stream.concat(cluster.dataDirectory().stream(), ofServer.stream())
                .map(data -> data.resolve("pg_wal"))
                .filter(Files::isDirectory)
                .findFirst();
        if (directory.isEmpty()) {
            return List.of();
        }
        Optional<DiskSpace> space = DiskSpace.of(directory.get());
        if (space.isEmpty()) {
            return List.of(Subject.PG_WAL.warning(
                    "the free space of pg_wal cannot be read", "Run check as the owner of the data directory."));
        }
        List<Finding> findings = new ArrayList<>();
        findings.add(walSpace(space.get(), sizeOf(directory.get()), waiting, cluster.check()));
        GivenUpCheck.open(space.get(), dropBelowBytes).ifPresent(findings::add);
        return findings;
    }

    /** Pure. While nothing is archived, pg_wal grows by all that is written: half of the room is used already. */
    static Finding walSpace(DiskSpace space, long sizeBytes, boolean waiting, CheckSettings limits) {
        String hint = "Make room: PostgreSQL stops when this file system is full.";
        Finding finding = waiting && sizeBytes > space.freeBytes()
                ? Subject.PG_WAL.critical(
                        "pg_wal takes " + Amounts.size(sizeBytes)
                                + " and grows, because files wait to be archived, and only "
                                + Amounts.size(space.freeBytes()) + " is free",
                        hint + " See the finding 'archiver'.")
                : FreeSpace.finding(Subject.PG_WAL, "the file system of pg_wal", space, limits, hint);
        return finding.with(Measure.SIZE, sizeBytes);
    }

    private static long sizeOf(Path directory) {
        long bytes = 0;
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, "[0-9A-F]*")) {
            for (Path file : files) {
                bytes += file.toFile().length(); // 0 for one that PostgreSQL removes meanwhile
            }
        } catch (IOException e) {
            return 0;
        }
        return bytes;
    }
}
