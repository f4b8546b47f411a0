// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.testkit.OpenSshServer.Serves;

class OpenSshServerTest {
    @TempDir
    Path directory;

    @Test
    void aShellRunsCommandsAlsoAfterTheServerWasStartedAgain() {
        try (OpenSshServer server = OpenSshServer.start(Serves.SHELL)) {
            assertThat(ssh(server, "echo", "here")).contains("here");

            server.stop();
            assertThatThrownBy(() -> ssh(server, "echo", "here")).isInstanceOf(IllegalStateException.class);
            server.startAgain();
            assertThat(ssh(server, "echo", "again")).contains("again");
        }
    }

    @Test
    void aClientRefusesAHostKeyThatHasChanged() throws IOException {
        try (OpenSshServer server = OpenSshServer.start(Serves.SHELL)) {
            server.stop();
            server.changeHostKey();
            server.startAgain();

            assertThatThrownBy(() -> ssh(server, "echo", "here")).hasMessageContaining("IDENTIFICATION HAS CHANGED");
        }
    }

    @Test
    void sftpWritesWhereItMayAndDoesNotWhereItMayNot() throws IOException {
        try (OpenSshServer server = OpenSshServer.start(Serves.SFTP);
                OpenSshServer readOnly = OpenSshServer.start(Serves.READ_ONLY_SFTP)) {
            Path data = server.newDirectory();
            sftp(server, "mkdir " + data.resolve("made"));
            assertThat(data.resolve("made")).isDirectory();

            Path other = readOnly.newDirectory();
            assertThatThrownBy(() -> sftp(readOnly, "mkdir " + other.resolve("made")))
                    .hasMessageContaining("Permission denied");
            assertThat(other).isEmptyDirectory();
        }
    }

    private static String ssh(OpenSshServer server, String... command) {
        List<String> whole = new ArrayList<>(List.of("ssh", "-p", "" + server.port()));
        whole.addAll(options(server));
        whole.add(server.user() + "@127.0.0.1");
        whole.addAll(List.of(command));
        return Commands.run(whole);
    }

    private void sftp(OpenSshServer server, String line) throws IOException {
        Path batch = Files.writeString(directory.resolve("batch"), line + "\n");
        List<String> whole = new ArrayList<>(List.of("sftp", "-b", batch.toString(), "-P", "" + server.port()));
        whole.addAll(options(server));
        whole.add(server.user() + "@127.0.0.1");
        Commands.run(whole);
    }

    private static List<String> options(OpenSshServer server) {
        return List.of(
                "-F",
                "none",
                "-o",
                "BatchMode=yes",
                "-o",
                "IdentitiesOnly=yes",
                "-o",
                "GlobalKnownHostsFile=none",
                "-o",
                "UserKnownHostsFile=" + server.knownHosts(),
                "-i",
                server.clientKey().toString());
    }
}
