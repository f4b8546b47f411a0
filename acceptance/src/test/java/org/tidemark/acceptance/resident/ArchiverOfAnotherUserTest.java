// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.resident;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.tidemark.acceptance.resident.ResidentHost.awaitDrained;
import static org.tidemark.acceptance.resident.ResidentHost.fill;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.tidemark.acceptance.InstalledTidemark;
import org.tidemark.acceptance.resident.ResidentHost.Archiver;
import org.tidemark.testkit.OperatingUser;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;

/** Another user than that of PostgreSQL starts the archiver: root, a service of root, or any other user. */
class ArchiverOfAnotherUserTest {
    private static final OperatingUser USER = OperatingUser.current();
    private static final int USAGE = 2;
    private static final int INTERRUPTED = 75;
    private static final int OTHER_UID = 65533;

    @BeforeAll
    static void requireRoot() {
        assumeTrue(USER.switched(), "only root can start it as root");
    }

    private static PostgresServer server() {
        return PostgresServer.of(PostgresBinaries.newestEmbedded())
                .initdb("--wal-segsize=1")
                .archiving("false")
                .start();
    }

    /** Logs that this test has opened, and what it made before it gave the directory away, are its own. */
    private static List<Path> filesOfOthers(ResidentHost host) throws IOException {
        try (Stream<Path> files = Files.walk(host.directory())) {
            return files.filter(file -> !String.valueOf(file.getFileName()).matches("archiver-.*\\.log|output|starts"))
                    .filter(file -> !USER.name().equals(ownerOf(file)))
                    .toList();
        }
    }

    private static String ownerOf(Path file) {
        try {
            return Files.getOwner(file).getName();
        } catch (IOException e) {
            return USER.name(); // it is gone
        }
    }

    @Test
    void rootsArchiverBecomesTheOwnerOfTheDataDirectory() throws Exception {
        try (ResidentHost host = new ResidentHost();
                PostgresServer server = server()) {
            host.add("main", server);
            Archiver archiver = host.startUnswitched(List.of(), "archiver", "main");
            archiver.awaitLine("serving main");
            host.archiveBy(server, host.commandWithHold("main"));
            archiver.awaitServing(server, "are archived as soon as they are ready", 1);
            awaitDrained(server);

            host.hold();
            fill(server, 2);
            host.awaitNoted(server);
            assertThat(filesOfOthers(host)).containsExactly(host.directory().resolve("hold"));
            host.release();
            awaitDrained(server);
            host.compare("main", server);

            List<ProcessHandle> processes = archiver.processes();
            assertThat(archiver.stop()).isEqualTo(INTERRUPTED);
            assertThat(processes).noneMatch(ProcessHandle::isAlive);
            assertThat(filesOfOthers(host)).isEmpty();
        }
    }

    @Test
    void anybodyElseIsToldWhatToType() throws Exception {
        try (ResidentHost host = new ResidentHost();
                PostgresServer server = server()) {
            host.add("main", server);
            // Each of them may be of another user: then one has to be named.
            Path other = Files.createDirectory(host.directory().resolve("other"));
            Files.setAttribute(other, "unix:uid", OTHER_UID);
            host.configure("[cluster.other]\ndata-directory = '" + other + "'\n");
            Files.setPosixFilePermissions(host.config(), PosixFilePermissions.fromString("rw-r--r--"));

            Archiver ofAll = host.startUnswitched(List.of(), "archiver");
            assertThat(ofAll.await()).isEqualTo(USAGE);
            assertThat(ofAll.log()).contains("belong to different users: ", "with --cluster NAME");

            Archiver ofService = host.startUnswitched(List.of("env", "NOTIFY_SOCKET=/run/x"), "archiver", "main");
            assertThat(ofService.await()).isEqualTo(USAGE);
            assertThat(ofService.log()).contains("Write User=" + USER.name() + " below [Service]");

            Archiver ofOther = host.startUnswitched(
                    List.of("setpriv", "--reuid=" + OTHER_UID, "--regid=" + OTHER_UID, "--clear-groups"),
                    "archiver",
                    "main");
            assertThat(ofOther.await()).isEqualTo(USAGE);
            assertThat(ofOther.log())
                    .contains("the archiver runs as the owner of the data directory, '" + USER.name() + "'")
                    .contains("HINT: Run it as that user: sudo -u " + USER.name() + " " + InstalledTidemark.launcher()
                            + " archiver main --config " + host.config());
            assertThat(filesOfOthers(host)).containsExactly(other);
        }
    }
}
