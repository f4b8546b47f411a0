// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.several;

import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tidemark.archiver.PushTarget;
import org.tidemark.archiver.push.WalPusher;
import org.tidemark.archiver.push.WalPusher.Acknowledgement;
import org.tidemark.archiver.push.WalPusher.PushRequest;
import org.tidemark.archiver.queue.Spool;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.RepositoryId;
import org.tidemark.catalog.format.Codec;
import org.tidemark.catalog.format.Encoding;
import org.tidemark.core.ClusterName;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.postgres.ControlFile;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.filesystem.FileSystemStoreProvider;
import org.tidemark.testkit.WalFixtures;

/** Pushes segment after segment to two directories, one of which may be away, and prints each that is acknowledged. */
final class PushingProcess {
    static final ClusterName CLUSTER = new ClusterName("main");
    static final WalSegmentSize SIZE = new WalSegmentSize(1 << 20);

    private PushingProcess() {}

    static Segment segment(int number) {
        return Segment.of(new Timeline(1), number, SIZE);
    }

    static ObjectStore store(Path root) {
        return new FileSystemStoreProvider().open(root.toUri(), Map.of());
    }

    /** Usage: {@code directory data first-number id-of-local id-of-offsite}. */
    public static void main(String[] args) throws IOException {
        Path directory = Path.of(args[0]);
        ControlFile control = ControlFile.read(Path.of(args[1]));
        List<PushTarget> targets = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            Path root = directory.resolve(i == 0 ? "local" : "offsite");
            RepositoryId id = new RepositoryId(args[3 + i]);
            targets.add(new PushTarget(
                    String.valueOf(root.getFileName()),
                    Encoding.of(Codec.parse("zstd:1")),
                    system -> Repository.open(
                                    new FileSystemStoreProvider().open(URI.create("file://" + root), Map.of()),
                                    Optional.of(id))
                            .incarnation(CLUSTER, system)
                            .orElseThrow(),
                    () -> Optional.of(id)));
        }
        WalPusher pusher = new WalPusher(
                targets,
                directory,
                new Acknowledgement(
                        1,
                        new Spool(directory.resolve("spool"), 1L << 30),
                        CLUSTER,
                        Duration.ofSeconds(20),
                        Duration.ofSeconds(2),
                        Clock.systemUTC()));
        PrintStream told = System.out;
        for (int number = Integer.parseInt(args[2]); ; number++) {
            Segment segment = segment(number);
            Path file = directory.resolve("wal");
            Files.write(file, WalFixtures.segment(segment, control.system(), SIZE, 7));
            pusher.push(new PushRequest(segment, file, control));
            told.println(segment.name());
            told.flush();
        }
    }

    static List<String> command(String... args) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx128m",
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                PushingProcess.class.getName()));
        command.addAll(List.of(args));
        return command;
    }
}
