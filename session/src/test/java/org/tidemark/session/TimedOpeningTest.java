// SPDX-License-Identifier: Apache-2.0
package org.tidemark.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.catalog.Repository;
import org.tidemark.config.RepositorySettings;
import org.tidemark.store.StorageException.StorageUnavailable;

class TimedOpeningTest {
    private static final Path PERL = Path.of("/usr/bin/perl");

    /** Has a lease for writing: the kernel lets another process wait that opens the file, for up to 45 seconds. */
    private static final String LEASE = """
            $SIG{IO} = 'IGNORE';
            open(my $file, '+<', $ARGV[0]) or die "open: $!";
            fcntl($file, 1024, 1) or die "F_SETLEASE: $!";
            $| = 1;
            print "held\\n";
            sleep 60;
            """;

    @TempDir
    private Path directory;

    @Test
    void aDiskThatHangsIsNotWaitedForLongerThanTheLimit() throws IOException, InterruptedException {
        assumeThat(PERL).isExecutable();
        try (StoredSession stored = StoredSession.ofTwo(directory, Instant.parse("2026-01-01T00:00:00Z"))) {
            RepositorySettings far = stored.settings("far");
            Process lease = leased(description(directory.resolve("far")));
            try {
                assertThatThrownBy(() -> open(stored, far, Duration.ofSeconds(1)))
                        .isInstanceOf(StorageUnavailable.class)
                        .hasMessageContaining("far did not answer within 1s");
                assertThat(open(stored, stored.settings("near"), Duration.ofSeconds(30)))
                        .isNotNull();
            } finally {
                lease.destroyForcibly().waitFor();
            }

            assertThat(open(stored, far, Duration.ofSeconds(30))).isNotNull();
        }
    }

    private static Repository open(StoredSession stored, RepositorySettings settings, Duration limit)
            throws IOException {
        return new TimedOpening(limit)
                .open(settings, () -> stored.session().repositories().open(settings));
    }

    private static Path description(Path repository) throws IOException {
        try (Stream<Path> files = Files.list(repository)) {
            return files.filter(Files::isRegularFile).findFirst().orElseThrow();
        }
    }

    private static Process leased(Path file) throws IOException {
        Process holder = new ProcessBuilder(List.of(PERL.toString(), "-e", LEASE, file.toString()))
                .redirectErrorStream(true)
                .start();
        BufferedReader said = holder.inputReader();
        assertThat(said.readLine()).isEqualTo("held");
        return holder;
    }
}
