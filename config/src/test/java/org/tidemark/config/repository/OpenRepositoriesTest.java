// SPDX-License-Identifier: Apache-2.0
package org.tidemark.config.repository;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.catalog.Repository.WritePolicy;
import org.tidemark.catalog.age.AgeIdentity;
import org.tidemark.config.RepositorySettings;
import org.tidemark.config.RepositorySettings.KeySettings;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.testkit.SmallDisk;

/** Which repositories are one, and which are only called alike. */
class OpenRepositoriesTest {
    @TempDir
    private Path directory;

    private final PrintStream warnings = new PrintStream(OutputStream.nullOutputStream());

    private static RepositorySettings settings(
            String name, String url, List<String> keys, Map<String, String> options) {
        return new RepositorySettings(
                name,
                URI.create(url),
                "zstd:1",
                OptionalLong.empty(),
                new KeySettings(keys, List.of(), Optional.empty()),
                options,
                Optional.empty(),
                Optional.empty(),
                Optional.empty());
    }

    private static String address(String url, Map<String, String> options) {
        return RepositoryAddress.of(settings("any", url, List.of(), options));
    }

    /** As MinIO at two sites, each with a bucket of this name. */
    @Test
    void oneBucketNameAtTwoServersIsTwoPlaces() {
        assertThat(address("s3://wal/main", Map.of("endpoint", "https://one.example")))
                .isNotEqualTo(address("s3://wal/main", Map.of("endpoint", "https://two.example")))
                .isNotEqualTo(address("s3://wal/main", Map.of()));
        assertThat(address("swift://wal", Map.of("auth-url", "https://one.example/v3")))
                .isNotEqualTo(address("swift://wal", Map.of("auth-url", "https://two.example/v3")));
        assertThat(address("gs://one_bucket/wal", Map.of())).isNotEqualTo(address("gs://two_bucket/wal", Map.of()));
        assertThat(address("sftp://one@host/wal", Map.of())).isNotEqualTo(address("sftp://two@host/wal", Map.of()));
    }

    @Test
    void anAddressStaysTheSameHoweverItIsWrittenAndHasNoSecret() {
        assertThat(address("file:///r/", Map.of("fsync", "true"))).isEqualTo("file:/r");
        assertThat(address("file:///x/../r", Map.of())).isEqualTo("file:/r");
        assertThat(address("rsync://me:secret@host/module", Map.of("endpoint", "https://me:secret@host/")))
                .contains("me@host")
                .doesNotContain("secret");
    }

    /** What keeps the secrets may be down for a moment: a recovery asks again. */
    @Test
    void aSecretThatCannotBeHadIsNoErrorOfTheConfiguration() {
        for (Map<String, String> options : List.of(
                Map.of("region", "x", "access-key-id", "x", "secret-access-key-command", "exit 3"),
                Map.of("region", "x", "access-key-id", "x", "secret-access-key-file", directory + "/nothing"))) {
            try (OpenRepositories repositories = new OpenRepositories(directory.resolve("spool"), warnings)) {
                assertThatThrownBy(() -> repositories.store(settings("r", "s3://wal/main", List.of(), options)))
                        .isInstanceOfSatisfying(
                                UserFacingException.class,
                                e -> assertThat(e.exitCode()).as(e.getMessage()).isEqualTo(ExitCode.STORE_DENIED));
            }
        }
    }

    @Test
    void twoNamesOfOneAddressAreOpenedByThemselves() throws IOException {
        String url = directory.toUri().toString();
        String recipient = AgeIdentity.generate(new SecureRandom()).recipient().toString();
        ObjectKey key = new ObjectKey("main/1/wal/x");
        try (OpenRepositories repositories = new OpenRepositories(directory.resolve("spool"), warnings)) {
            repositories.create(settings("plain", url, List.of(), Map.of()), WritePolicy.ANYTHING, Clock.systemUTC());

            assertThatThrownBy(() -> repositories
                            .open(settings("closed", url, List.of(recipient), Map.of()))
                            .store()
                            .putIfAbsent(key, ObjectSource.of(new byte[100])))
                    .as("nothing unencrypted, whichever was opened first")
                    .isInstanceOf(UserFacingException.class);
        }
    }

    @Test
    void aFullSpoolIsNotFilledWithWhatAStoreCouldNotKeep() throws IOException {
        Path spool = directory.resolve("spool");
        try (SmallDisk disk = SmallDisk.mount(spool, "size=1m,nr_inodes=100")) {
            StoreMemory memory = new StoreMemory(spool, settings("r", "file:///r", List.of(), Map.of()));
            Path stores = Files.createDirectories(spool.resolve("v1/stores"));
            disk.fill();
            memory.write("known");
            try (Stream<Path> files = Files.list(stores)) {
                assertThat(files).isEmpty();
            }
            disk.makeRoom();
            memory.write("known");
            assertThat(memory.read()).isEqualTo("known");
        }
    }
}
