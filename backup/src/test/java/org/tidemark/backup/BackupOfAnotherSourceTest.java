// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.backup.request.BackupListener;
import org.tidemark.backup.server.BackupFacts;
import org.tidemark.backup.source.ClusterSource;
import org.tidemark.backup.source.FileSink;
import org.tidemark.backup.source.FileSink.FileFacts;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.format.Codec;
import org.tidemark.catalog.format.Encoding;
import org.tidemark.catalog.format.PrivateKeys;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Lsn;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.Timeline;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile;
import org.tidemark.postgres.BackupLabel;
import org.tidemark.postgres.BaseBackupResult;
import org.tidemark.postgres.BaseBackupResult.ServerChecksums;
import org.tidemark.postgres.TablespaceInfo;
import org.tidemark.store.MemoryStore;
import org.tidemark.testkit.Rounds;

/** A backup of files that another program copied, whose server is gone. */
class BackupOfAnotherSourceTest {
    private static final Instant STARTED = Instant.parse("2026-11-19T02:00:00Z");
    private static final Instant ENDED = Instant.parse("2026-11-19T02:10:00Z");

    @TempDir
    private Path directory;

    private SyntheticCluster cluster;
    private final MemoryStore store = new MemoryStore(Clock.systemUTC());

    @BeforeEach
    void makeCluster() throws IOException {
        cluster = new SyntheticCluster(Files.createDirectory(directory.resolve("work")), Rounds.random());
        cluster.prepare(store);
    }

    @Test
    void filesThatAnotherProgramCopiedBecomeABackupWithoutAServer() throws IOException {
        BaseBackup backup = take(cluster.system);

        SyntheticCluster.assertSound(store, PrivateKeys.NONE);
        assertThat(cluster.server.backups).isZero();
        assertThat(backup.run().started()).isEqualTo(STARTED);
        assertThat(backup.run().ended()).isEqualTo(ENDED);
        assertThat(backup.wal().start()).isEqualTo(SyntheticServer.START);
        assertThat(backup.contents().files())
                .isEqualTo(cluster.server.files.keySet().stream()
                        .filter(path -> !path.endsWith("/"))
                        .count());
    }

    @Test
    void filesOfAClusterThatIsNotRegisteredAreRefused() {
        assertThatThrownBy(() -> take(new SystemIdentifier(1)))
                .isInstanceOfSatisfying(
                        UserFacingException.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.WRONG_CLUSTER));
    }

    private BaseBackup take(SystemIdentifier system) throws IOException {
        try (ClusterSource source = new Copy(cluster.server.files)) {
            return cluster.taker(List.of(SyntheticCluster.target("test", store, Encoding.of(Codec.parse("zstd")))))
                    .take(new Label(system), source)
                    .first();
        }
    }

    /** What a label says, and no more. */
    private record Label(SystemIdentifier system) implements BackupFacts {
        @Override
        public Properties properties() {
            return new Properties(system, 150_019, 1 << 20, 8192, false, 1L << 30);
        }

        @Override
        public Optional<WalFile.Segment> closeSegment(BackupListener listener) {
            return Optional.empty();
        }

        @Override
        public Optional<String> archivingFailure() {
            return Optional.empty();
        }

        @Override
        public Optional<Lsn> redo() {
            return Optional.of(SyntheticServer.START);
        }

        @Override
        public Optional<Instant> started() {
            return Optional.of(STARTED);
        }

        @Override
        public Optional<Instant> ended() {
            return Optional.of(ENDED);
        }

        @Override
        public Optional<Long> nextXid() {
            return Optional.empty();
        }

        @Override
        public Optional<List<Database>> databases() {
            return Optional.empty();
        }

        @Override
        public Map<Long, String> tablespaceNames() {
            return Map.of();
        }

        @Override
        public Optional<byte[]> history(Timeline timeline) {
            return Optional.empty();
        }
    }

    /** @param files by path; a name that ends with a slash is a directory */
    private record Copy(Map<String, byte[]> files) implements ClusterSource {
        @Override
        public boolean hasManifest() {
            return false;
        }

        @Override
        public Copied copy(String label, FileSink sink) throws IOException {
            sink.started(SyntheticServer.START, SyntheticServer.TIMELINE, List.of(new TablespaceInfo(0, "", 1)));
            for (Map.Entry<String, byte[]> file : files.entrySet()) {
                String path = file.getKey().startsWith("./") ? file.getKey().substring(2) : file.getKey();
                if (path.endsWith("/")) {
                    sink.directory(path.substring(0, path.length() - 1), 0700);
                } else {
                    sink.file(
                            new FileFacts(path, 0600, file.getValue().length, STARTED),
                            new ByteArrayInputStream(file.getValue()));
                }
            }
            sink.awaitReads();
            return new Copied(
                    new BaseBackupResult(
                            SyntheticServer.START,
                            SyntheticServer.TIMELINE,
                            SyntheticServer.STOP,
                            SyntheticServer.TIMELINE,
                            ServerChecksums.NO_FAILURE),
                    BackupLabel.parse(new String(content("backup_label"), StandardCharsets.UTF_8), "backup_label"),
                    content("global/pg_control"),
                    Optional.empty(),
                    Optional.empty());
        }

        private byte[] content(String path) {
            return files.entrySet().stream()
                    .filter(file -> file.getKey().equals(path))
                    .findFirst()
                    .orElseThrow()
                    .getValue();
        }

        @Override
        public void close() {}
    }
}
