// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.stores;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.testkit.AzuriteServer;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.OpenSshServer;
import org.tidemark.testkit.OpenSshServer.Serves;
import org.tidemark.testkit.RsyncDaemon;
import org.tidemark.testkit.RsyncDaemon.Module;
import org.tidemark.testkit.SwiftServer;
import org.tidemark.testkit.gcs.GcsServer;
import org.tidemark.testkit.gcs.LoginServer;
import org.tidemark.testkit.gcs.Role;

/** What {@code init --test} says with credentials that lack something, on the servers themselves. */
@InTurn
class RightsSelfTest {
    @TempDir
    private Path directory;

    @Test
    void rsyncModulesThatTakeOrGiveOrRemoveNothing() throws IOException {
        try (RsyncDaemon daemon = RsyncDaemon.start(Files.createDirectory(directory.resolve("daemon")))) {
            rsync(daemon, Module.WRITABLE).canBeUsed().keeps("create", "refuse", "read", "list", "delete");
            rsync(daemon, Module.READ_ONLY).cannotBeUsed().says("create", "BROKEN", "read only");
            rsync(daemon, Module.WRITE_ONLY)
                    .canBeUsed()
                    .keeps("create", "refuse")
                    .says("read", "MISSING", "module is write only", "cannot verify or restore anything")
                    .says("look up", "MISSING", "wal-fetch can never report the end of WAL")
                    .says("list", "MISSING", "list-backup, verify and recover do not")
                    .says("delete", "MISSING", "did not say whether the objects are gone");
            rsync(daemon, Module.CLOSED).cannotBeUsed().says("create", "BROKEN", "these credentials may write here");
            rsync(daemon, Module.NO_DELETE)
                    .canBeUsed()
                    .says(
                            "delete",
                            "MISSING",
                            "deleting is refused",
                            "protects WAL and backups",
                            "Test objects may remain below: check/")
                    .says("exclude", "MISSING", "single-writer = true");
        }
    }

    private SelfTestRun rsync(RsyncDaemon daemon, Module module) throws IOException {
        return SelfTestRun.of(
                new StoreSite(
                        "rsync://" + RsyncDaemon.USER + "@127.0.0.1:" + daemon.port() + "/" + module,
                        Map.of(
                                "single-writer",
                                "true",
                                "password-file",
                                SiteFile.secret(directory, "rsync-password", RsyncDaemon.PASSWORD)),
                        List.of(RsyncDaemon.PASSWORD)),
                directory);
    }

    @Test
    void rsyncWithoutTheWordThatOneHostWritesCannotBeUsed() throws IOException {
        try (RsyncDaemon daemon = RsyncDaemon.start(Files.createDirectory(directory.resolve("daemon")))) {
            StoreSite site = new StoreSite(
                    "rsync://" + RsyncDaemon.USER + "@127.0.0.1:" + daemon.port() + "/" + Module.WRITABLE,
                    Map.of("password-file", SiteFile.secret(directory, "rsync-password", RsyncDaemon.PASSWORD)),
                    List.of(RsyncDaemon.PASSWORD));

            SelfTestRun.of(site, directory).cannotBeUsed().says("create", "BROKEN", "single-writer = true");
        }
    }

    @Test
    void anSftpServerThatTakesNothing() throws IOException {
        try (OpenSshServer server = OpenSshServer.start(Serves.READ_ONLY_SFTP)) {
            sftp(server).cannotBeUsed().says("create", "BROKEN", "these credentials may write here");
        }
    }

    @Test
    void anSftpServerThatRemovesNothing() throws IOException {
        try (OpenSshServer server =
                OpenSshServer.start(Serves.SFTP, List.of("ForceCommand internal-sftp -P remove,rmdir"))) {
            sftp(server)
                    .canBeUsed()
                    .says("delete", "MISSING", "deleting is refused", "Test objects may remain below: check/")
                    .keeps("create", "refuse", "exclude", "read", "list");
        }
    }

    private SelfTestRun sftp(OpenSshServer server) throws IOException {
        return SelfTestRun.of(
                new StoreSite(
                        "sftp://" + server.user() + "@127.0.0.1:" + server.port() + server.newDirectory(),
                        Map.of(
                                "key-file", SiteFile.copy(directory, server.clientKey()),
                                "known-hosts", SiteFile.copy(directory, server.knownHosts())),
                        List.of()),
                directory);
    }

    @Test
    void swiftUsersWhoMayOnlyReadOrOnlyWrite() throws IOException {
        SwiftServer server = SwiftServer.shared();
        String readOnly = server.newContainer();
        server.account().done("POST", readOnly, "", "X-Container-Read", SwiftServer.READER);
        String writeOnly = server.newContainer();
        server.account().done("POST", writeOnly, "", "X-Container-Write", SwiftServer.READER);

        swift(server, readOnly).cannotBeUsed().says("create", "BROKEN", "403", "these credentials may write here");
        swift(server, writeOnly).cannotBeUsed().says("create", "BROKEN", "403");
        swift(server, server.newContainer()).cannotBeUsed().says("create", "BROKEN", "403");
    }

    private SelfTestRun swift(SwiftServer server, String container) throws IOException {
        return SelfTestRun.of(
                new StoreSite(
                        "swift://" + container + "/production",
                        Map.of(
                                "single-writer",
                                "true",
                                "auth-url",
                                server.authUrl(),
                                "user",
                                SwiftServer.READER,
                                "password-file",
                                SiteFile.secret(directory, "swift-password", SwiftServer.READER_KEY)),
                        List.of(SwiftServer.READER_KEY)),
                directory);
    }

    @Test
    void gcsRoles() throws IOException {
        try (GcsServer server = GcsServer.withRoles().withBucket("backups");
                LoginServer login = new LoginServer()) {
            gcs(server, login, Role.OBJECT_USER).canBeUsed().keeps("create", "refuse", "exclude", "list", "delete");
            gcs(server, login, Role.OBJECT_VIEWER).cannotBeUsed().says("create", "BROKEN", "403");
            gcs(server, login, Role.NONE).cannotBeUsed().says("create", "BROKEN", "403");
            gcs(server, login, Role.OBJECT_CREATOR)
                    .canBeUsed()
                    .keeps("create", "refuse", "exclude")
                    .says("read", "MISSING", "this host cannot verify or restore anything")
                    .says("look up", "MISSING", "wal-fetch can never report the end of WAL")
                    .says("list", "MISSING", "list-backup, verify and recover do not")
                    .says(
                            "delete",
                            "MISSING",
                            "deleting is refused",
                            "protects WAL and backups",
                            "Test objects may remain below: check/");
        }
    }

    private SelfTestRun gcs(GcsServer server, LoginServer login, Role role) throws IOException {
        login.givesOut(role.token());
        return SelfTestRun.of(
                new StoreSite(
                        "gs://backups/production",
                        Map.of(
                                "endpoint",
                                server.endpoint().toString(),
                                "credentials-file",
                                SiteFile.secret(directory, "gcs-key.json", login.accountKey())),
                        List.of(role.token())),
                directory);
    }

    @Test
    void azureSignaturesWithFewRights() throws IOException {
        try (AzuriteServer server = AzuriteServer.inMemory()) {
            String container = "c" + UUID.randomUUID();
            StoreProcess.createRoot(new StoreSite(
                    "azure://" + AzuriteServer.ACCOUNT + "/" + container,
                    Map.of(
                            "endpoint",
                            server.endpoint(),
                            "account-key-file",
                            SiteFile.secret(directory, "azure-key", server.key())),
                    List.of()));

            azure(server, container, "rcwdl")
                    .canBeUsed()
                    .says("signature", "MISSING", "ends at", "az storage container generate-sas")
                    .keeps("create", "refuse", "exclude", "read", "list", "delete");
            azure(server, container, "rl").cannotBeUsed().says("create", "BROKEN", "these credentials may write here");
            azure(server, container, "rcwl")
                    .canBeUsed()
                    .keeps("create", "refuse", "exclude", "read", "list")
                    .says(
                            "delete",
                            "MISSING",
                            "deleting is refused",
                            "protects WAL and backups",
                            "Test objects may remain below: check/");
            azure(server, container, "rcwd")
                    .canBeUsed()
                    .says("list", "MISSING", "listing is refused", "list-backup, verify and recover do not");
        }
    }

    private SelfTestRun azure(AzuriteServer server, String container, String rights) throws IOException {
        String token = server.signature(container, rights);
        Map<String, String> options = new HashMap<>();
        options.put("endpoint", server.endpoint());
        options.put("sas-file", SiteFile.secret(directory, "azure-sas", token));
        return SelfTestRun.of(
                new StoreSite(
                        "azure://" + AzuriteServer.ACCOUNT + "/" + container + "/production", options, List.of(token)),
                directory);
    }
}
