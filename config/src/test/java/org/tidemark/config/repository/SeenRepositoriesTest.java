// SPDX-License-Identifier: Apache-2.0
package org.tidemark.config.repository;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.catalog.RepositoryId;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;

class SeenRepositoriesTest {
    private static final String ADDRESS = "file:///var/lib/tidemark";

    @TempDir
    private Path home;

    private Path directory = Path.of("seen");

    @BeforeEach
    void choose() {
        directory = home.resolve("seen");
    }

    @Test
    void nothingIsRememberedAtFirst() {
        assertThat(new SeenRepositories(directory).expectedId(ADDRESS)).isEmpty();
    }

    @Test
    void whatWasRememberedIsExpectedFromThenOn() {
        RepositoryId id = RepositoryId.random();

        new SeenRepositories(directory).remember(ADDRESS, id);
        new SeenRepositories(directory).remember(ADDRESS, id);

        assertThat(new SeenRepositories(directory).expectedId(ADDRESS)).contains(id);
        assertThat(new SeenRepositories(directory).expectedId(ADDRESS + "2")).isEmpty();
    }

    @Test
    void directoryAndFilesAreTheOwnersAlone() throws IOException {
        new SeenRepositories(directory).remember(ADDRESS, RepositoryId.random());

        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(directory)))
                .isEqualTo("rwx------");
        try (Stream<Path> files = Files.list(directory)) {
            assertThat(files)
                    .allSatisfy(file -> assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                            .isEqualTo("rw-------"));
        }
    }

    @Test
    void anotherRepositoryAtTheSameAddressIsRefusedAndTheFirstStaysRemembered() {
        RepositoryId first = RepositoryId.random();
        SeenRepositories seen = new SeenRepositories(directory);
        seen.remember(ADDRESS, first);

        assertThatThrownBy(() -> seen.remember(ADDRESS, RepositoryId.random()))
                .isInstanceOfSatisfying(
                        UserFacingException.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.OTHER_REPOSITORY));
        assertThat(seen.expectedId(ADDRESS)).contains(first);
    }

    @Test
    void ofManyThatRememberAtTheSameTimeOneWinsAndNoneReadsHalfAFile()
            throws InterruptedException, ExecutionException, IOException {
        int writers = 8;
        CyclicBarrier start = new CyclicBarrier(writers);
        List<Callable<Optional<RepositoryId>>> calls = new ArrayList<>();
        for (int i = 0; i < writers; i++) {
            calls.add(() -> {
                start.await(1, TimeUnit.MINUTES);
                RepositoryId mine = RepositoryId.random();
                try {
                    new SeenRepositories(directory).remember(ADDRESS, mine);
                    return Optional.of(mine);
                } catch (UserFacingException e) {
                    assertThat(e.exitCode()).isEqualTo(ExitCode.OTHER_REPOSITORY);
                    return Optional.empty();
                }
            });
        }
        List<RepositoryId> winners = new ArrayList<>();
        try (ExecutorService threads = Executors.newFixedThreadPool(writers)) {
            for (Future<Optional<RepositoryId>> result : threads.invokeAll(calls)) {
                result.get().ifPresent(winners::add);
            }
        }

        assertThat(winners).hasSize(1);
        assertThat(new SeenRepositories(directory).expectedId(ADDRESS)).contains(winners.getFirst());
        try (Stream<Path> files = Files.list(directory)) {
            assertThat(files).hasSize(1);
        }
    }

    @Test
    void aBrokenMemoryIsSaidSoAndNotTakenForNone() throws IOException {
        SeenRepositories seen = new SeenRepositories(directory);
        seen.remember(ADDRESS, RepositoryId.random());
        try (Stream<Path> files = Files.list(directory)) {
            Files.writeString(files.findFirst().orElseThrow(), "");
        }

        assertThatThrownBy(() -> seen.expectedId(ADDRESS))
                .isInstanceOfSatisfying(
                        UserFacingException.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.LOCAL_FILES));
    }
}
