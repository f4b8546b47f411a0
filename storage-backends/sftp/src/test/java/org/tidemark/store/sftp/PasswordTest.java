// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.sftp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.tidemark.testkit.StoreAccess.key;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException.StorageDenied;
import org.tidemark.store.StoreOptions;
import org.tidemark.testkit.OpenSshServer;
import org.tidemark.testkit.OpenSshServer.Serves;

/** A server with a list of passwords of its own, laid over the machine's for its eyes alone: that takes root. */
class PasswordTest {
    private static final System.Logger LOG = System.getLogger(PasswordTest.class.getName());
    private static final String PASSWORD = "Rot13 is no cipher";

    /** By {@code openssl passwd -6 -salt tidemarktest}. */
    private static final String HASH =
            "$6$tidemarktest$N3zvuZZjMmRM0xG5PikeAQWLgDUZYiB45a4HYaoZwmbdQtAQ7RsFZbPhcM669PcEdycTIUYHuvhKEoejG7/Kk1";

    @TempDir
    static Path directory;

    private static Optional<OpenSshServer> server = Optional.empty();

    @BeforeAll
    static void start() throws Exception {
        Path passwords = Files.writeString(
                directory.resolve("shadow"), System.getProperty("user.name") + ":" + HASH + ":20000:0:99999:7:::\n");
        List<String> wrapper = List.of(
                "unshare",
                "--mount",
                "/bin/sh",
                "-c",
                "mount --bind '" + passwords + "' /etc/shadow && exec \"$@\"",
                "sh");
        List<String> probe = new ArrayList<>(wrapper);
        probe.add("true");
        boolean allowed = new ProcessBuilder(probe)
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start()
                        .waitFor()
                == 0;
        if (!allowed) {
            LOG.log(System.Logger.Level.WARNING, "skipped: a list of passwords cannot be mounted here (it takes root)");
        }
        assumeTrue(allowed, "a list of passwords cannot be mounted here (it takes root)");
        server = Optional.of(OpenSshServer.start(
                Serves.SFTP, List.of("PasswordAuthentication yes", "PubkeyAuthentication no"), wrapper));
    }

    @AfterAll
    static void stop() {
        server.ifPresent(OpenSshServer::close);
    }

    private static void logIn(Map<String, String> more, Map<String, String> environment) throws IOException {
        OpenSshServer there = server.orElseThrow();
        Map<String, String> options = new HashMap<>(ServedStore.options(there, more));
        options.remove("key-file");
        SftpConfig config = SftpConfig.parse(
                ServedStore.address(there, there.port(), there.newDirectory()),
                new StoreOptions(options, name -> Optional.ofNullable(environment.get(name))));
        try (ObjectStore store = new SftpObjectStore(config)) {
            assertThat(store.stat(key("a"))).isEmpty();
        }
    }

    @Test
    void aPasswordFromAFileACommandOrTheEnvironmentLogsIn() throws IOException {
        Path file = Files.writeString(directory.resolve("password"), PASSWORD + "\n");

        logIn(Map.of("password-file", file.toString()), Map.of());
        logIn(Map.of("password-command", "cat '" + file + "'"), Map.of());
        logIn(Map.of(), Map.of("TIDEMARK_SFTP_PASSWORD", PASSWORD));
    }

    @Test
    void aWrongPasswordIsDeniedAndNotShown() {
        assertThatThrownBy(() -> logIn(Map.of(), Map.of("TIDEMARK_SFTP_PASSWORD", "wrong-4711")))
                .isInstanceOf(StorageDenied.class)
                .hasMessageContaining(
                        "refused the login of user '" + server.orElseThrow().user() + "'")
                .hasMessageContaining("a password")
                .satisfies(PasswordTest::holdsNoPassword);
    }

    private static void holdsNoPassword(Throwable error) {
        StringWriter whole = new StringWriter();
        error.printStackTrace(new PrintWriter(whole));
        assertThat(whole.toString()).doesNotContain("4711");
    }
}
