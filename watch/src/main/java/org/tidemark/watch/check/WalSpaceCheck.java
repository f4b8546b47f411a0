// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.check;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.tidemark.config.ClusterSettings.CheckSettings;
import org.tidemark.core.Amounts;
import org.tidemark.core.DiskSpace;
import org.tidemark.core.Finding;
import org.tidemark.core.Measure;
import org.tidemark.watch.check.CheckedCluster.ServerState;

/** How much room the file system of pg_wal has, where the data directory is on this host. */
final class WalSpaceCheck implements Check<CheckedHost> {
    @Override
    public Subject subject() {
        return Subject.PG_WAL;
    }

    @Override
    public List<Finding> look(CheckedHost host) {
        Optional<Path> ofServer = host.server().flatMap(each -> each.settings().dataDirectory());
        Optional<Path> directory = Stream.concat(host.cluster().dataDirectory().stream(), ofServer.stream())
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
        boolean waiting = host.server()
                .flatMap(ServerState::archiver)
                .filter(ArchiverStatus::isLate)
                .isPresent();
        List<Finding> findings = new ArrayList<>();
        findings.add(finding(
                space.get(), sizeOf(directory.get()), waiting, host.cluster().check()));
        next(space.get(), host.session().configuration().host().dropWalBelowBytes())
                .ifPresent(findings::add);
        return findings;
    }

    /** A warning while less is free than host.pg-wal-full allows; 0 if it waits. */
    private static Optional<Finding> next(DiskSpace space, long dropBelowBytes) {
        return space.freeBytes() >= dropBelowBytes
                ? Optional.empty()
                : Optional.of(Subject.GIVEN_UP.warning(
                        "only " + Amounts.size(space.freeBytes()) + " is free for pg_wal: the next segment that no"
                                + " repository takes is dropped (host.pg-wal-full is: drop at "
                                + Amounts.size(dropBelowBytes) + " free)",
                        "Make room on the disk of pg_wal."));
    }

    /** Pure. While nothing is archived, pg_wal grows by all that is written: half of the room is used already. */
    static Finding finding(DiskSpace space, long sizeBytes, boolean waiting, CheckSettings limits) {
        String hint = "Make room: PostgreSQL stops when this file system is full.";
        Finding finding = FreeSpace.finding(Subject.PG_WAL, "the file system of pg_wal", space, limits, hint)
                .with(Measure.SIZE, sizeBytes);
        return waiting && sizeBytes > space.freeBytes()
                ? Subject.PG_WAL
                        .critical(
                                "pg_wal takes " + Amounts.size(sizeBytes)
                                        + " and grows, because files wait to be archived, and only "
                                        + Amounts.size(space.freeBytes()) + " is free",
                                hint + " See the finding 'archiver'.")
                        .measured(finding)
                : finding;
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
