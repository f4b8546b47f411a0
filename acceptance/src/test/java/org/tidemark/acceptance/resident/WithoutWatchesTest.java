// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.resident;

import static org.assertj.core.api.Assertions.assertThat;
import static org.tidemark.acceptance.resident.ResidentHost.awaitDrained;
import static org.tidemark.acceptance.resident.ResidentHost.fill;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tidemark.acceptance.resident.ResidentHost.Archiver;
import org.tidemark.testkit.OperatingUser;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;
import org.tidemark.testkit.RequiredServer;
import org.tidemark.testkit.Rounds;

/** Other programs of this user have taken all of the kernel's watches: here those of a user namespace. */
class WithoutWatchesTest {
    private static final String LOOKS = "polling archive_status ten times a second";

    /** One of them in a build. */
    static Stream<String> limits() {
        return Rounds.oneOrAll(List.of("max_inotify_instances", "max_inotify_watches")).stream();
    }

    /** Sets the limit to 0 in a namespace of its own, then runs what follows without any privilege. */
    private static List<String> namespace(String limit) {
        return List.of(
                "unshare",
                "--user",
                "--map-current-user",
                "--keep-caps",
                "sh",
                "-c",
                "echo 0 > /proc/sys/user/" + limit
                        + " && exec setpriv --inh-caps=-all --ambient-caps=-all --bounding-set=-all \"$@\"",
                "sh");
    }

    private static void requireNamespaces() throws Exception {
        List<String> command = Stream.concat(namespace("max_inotify_watches").stream(), Stream.of("true"))
                .toList();
        int status = new ProcessBuilder(OperatingUser.current().command(command))
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start()
                .waitFor();
        if (status != 0) {
            throw RequiredServer.missing(
                    "this user may not make user namespaces", "util-linux 2.39, and a kernel that allows them");
        }
    }

    @ParameterizedTest
    @MethodSource("limits")
    void theArchiverLooksByItselfAndSaysSoOnce(String limit) throws Exception {
        requireNamespaces();
        try (ResidentHost host = new ResidentHost();
                PostgresServer server = PostgresServer.of(PostgresBinaries.newestEmbedded())
                        .initdb("--wal-segsize=1")
                        .archiving("false")
                        .start()) {
            host.add("main", server);
            Archiver archiver = host.start(namespace(limit));
            archiver.awaitLine("serving main");
            host.archiveBy(server, host.commandWithHold("main"));
            archiver.awaitServing(server, "are archived as soon as they are ready", 1);
            awaitDrained(server);

            host.hold();
            fill(server, 3);
            host.awaitNoted(server);
            host.release();
            awaitDrained(server);

            host.compare("main", server);
            assertThat(archiver.count(LOOKS)).isEqualTo(1);
            assertThat(archiver.stop()).isEqualTo(75);
        }
    }
}
