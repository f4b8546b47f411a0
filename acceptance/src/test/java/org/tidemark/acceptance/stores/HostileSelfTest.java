// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.stores;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.testkit.AzuriteServer;
import org.tidemark.testkit.CephGateway;
import org.tidemark.testkit.CephGateway.User;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.OpenSshServer;
import org.tidemark.testkit.OpenSshServer.Serves;
import org.tidemark.testkit.RsyncDaemon;
import org.tidemark.testkit.RsyncDaemon.Module;
import org.tidemark.testkit.SwiftServer;
import org.tidemark.testkit.gcs.GcsServer;
import org.tidemark.testkit.gcs.LoginServer;
import org.tidemark.testkit.gcs.Role;

/** What {@code init --test --hostile} says, on the servers themselves, with few rights and with many. */
@InTurn
class HostileSelfTest {
    @TempDir
    private Path directory;

    @Test
    void aDirectory() throws IOException {
        Path root = Files.createDirectory(directory.resolve("repository"));

        SelfTestRun.hostile(new StoreSite("file://" + root, Map.of(), List.of()), directory)
                .canDestroy()
                .says("overwrite", "BROKEN", "its bytes are gone", "that this host cannot reach")
                .says("delete", "BROKEN", "its bytes are gone")
                .saysNothingOf("destroy", "left");

        try (Stream<Path> left = Files.walk(root)) {
            assertThat(left.filter(Files::isRegularFile)).isEmpty();
        }
    }

    @Test
    void aDirectoryThatIsNotThere() throws IOException {
        SelfTestRun.hostile(new StoreSite("file://" + directory.resolve("nowhere"), Map.of(), List.of()), directory)
                .doesNotKnow()
                .says("create", "UNKNOWN", "is it mounted?")
                .saysNothingOf("overwrite", "delete", "destroy", "left");
    }

    @Test
    void sftp() throws IOException {
        try (OpenSshServer all = OpenSshServer.start(Serves.SFTP);
                OpenSshServer noRemoval =
                        OpenSshServer.start(Serves.SFTP, List.of("ForceCommand internal-sftp -P remove,rmdir"))) {
            sftp(all).canDestroy().says("overwrite", "BROKEN").says("delete", "BROKEN");
            sftp(noRemoval)
                    .canDestroy()
                    .says("overwrite", "BROKEN")
                    .says("delete", "OK", "cannot be deleted")
                    .says("destroy", "OK")
                    .says("left", "MISSING", "check/");
        }
    }

    private SelfTestRun sftp(OpenSshServer server) throws IOException {
        return SelfTestRun.hostile(
                new StoreSite(
                        "sftp://" + server.user() + "@127.0.0.1:" + server.port() + server.newDirectory(),
                        Map.of(
                                "key-file", SiteFile.copy(directory, server.clientKey()),
                                "known-hosts", SiteFile.copy(directory, server.knownHosts())),
                        List.of()),
                directory);
    }

    @Test
    void rsyncModules() throws IOException {
        try (RsyncDaemon daemon = RsyncDaemon.start(Files.createDirectory(directory.resolve("daemon")))) {
            rsync(daemon, Module.WRITABLE)
                    .canDestroy()
                    .says("overwrite", "BROKEN")
                    .says("delete", "BROKEN");
            rsync(daemon, Module.NO_DELETE)
                    .canDestroy()
                    .says("overwrite", "BROKEN")
                    .says("delete", "OK", "cannot be deleted");
            rsync(daemon, Module.READ_ONLY)
                    .doesNotKnow()
                    .says("create", "UNKNOWN", "read only")
                    .saysNothingOf("left");
        }
    }

    private SelfTestRun rsync(RsyncDaemon daemon, Module module) throws IOException {
        return SelfTestRun.hostile(
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
    void swift() throws IOException {
        SwiftServer server = SwiftServer.shared();
        String container = server.newContainer();
        server.account()
                .done(
                        "POST",
                        container,
                        "",
                        "X-Container-Read",
                        SwiftServer.READER + ",.rlistings",
                        "X-Container-Write",
                        SwiftServer.READER);

        SelfTestRun.hostile(
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
                        directory)
                .canDestroy()
                .says("overwrite", "BROKEN")
                .says("delete", "BROKEN")
                .says("container", "UNKNOWN", "not tested");
    }

    @Test
    void gcsRoles() throws IOException {
        try (GcsServer server = GcsServer.withRoles().withBucket("plain").withVersionsBucket("versions");
                LoginServer login = new LoginServer()) {
            gcs(server, login, "plain", Role.OBJECT_CREATOR, Map.of())
                    .cannotDestroy()
                    .says("overwrite", "OK", "storage.objects.delete")
                    .says("delete", "OK")
                    .says("bucket", "OK", "cannot change the bucket's rules");
            gcs(server, login, "plain", Role.OBJECT_USER, Map.of())
                    .canDestroy()
                    .says("overwrite", "BROKEN")
                    .says("delete", "BROKEN");
            gcs(server, login, "versions", Role.OBJECT_USER, Map.of())
                    .canDestroy()
                    .says("overwrite", "MISSING", "earlier version")
                    .says("delete", "MISSING", "earlier version")
                    .says("destroy", "BROKEN", "removed for good");
            gcs(server, login, "versions", Role.OBJECT_ADMIN, Map.of("lock-for", "30d"))
                    .cannotDestroyBeforeTheLockEnds()
                    .says("destroy", "OK", "403");
            gcs(server, login, "versions", Role.ADMIN, Map.of("lock-for", "30d"))
                    .cannotDestroyBeforeTheLockEnds()
                    .says("destroy", "OK")
                    .says("bucket", "BROKEN", "storage.buckets.update, storage.buckets.setIamPolicy");
        }
    }

    private SelfTestRun gcs(GcsServer server, LoginServer login, String bucket, Role role, Map<String, String> more)
            throws IOException {
        login.givesOut(role.token());
        Map<String, String> options = new HashMap<>(more);
        options.put("endpoint", server.endpoint().toString());
        options.put("credentials-file", SiteFile.secret(directory, "gcs-key.json", login.accountKey()));
        return SelfTestRun.hostile(
                new StoreSite("gs://" + bucket + "/production", options, List.of(role.token())), directory);
    }

    @Test
    void azureSignaturesAndKeys() throws IOException {
        try (AzuriteServer server = AzuriteServer.inMemory()) {
            String container = "c" + UUID.randomUUID();
            String keyFile = SiteFile.secret(directory, "azure-key", server.key());
            String address = "azure://" + AzuriteServer.ACCOUNT + "/" + container;
            StoreSite ofOwner = new StoreSite(
                    address + "/production",
                    Map.of("endpoint", server.endpoint(), "account-key-file", keyFile),
                    List.of());
            StoreProcess.createRoot(new StoreSite(address, ofOwner.options(), List.of()));

            SelfTestRun.hostile(ofOwner, directory)
                    .canDestroy()
                    .says("container", "BROKEN", "the key of an account can do everything");
            azure(server, container, "rcwdl")
                    .canDestroy()
                    .says("overwrite", "BROKEN")
                    .says("delete", "BROKEN")
                    .says("container", "OK", "cannot change or delete");
            azure(server, container, "rcwl")
                    .canDestroy()
                    .says("overwrite", "BROKEN")
                    .says("delete", "OK");
            azure(server, container, "rcl")
                    .cannotDestroy()
                    .says("overwrite", "OK", "cannot be overwritten")
                    .says("delete", "OK", "cannot be deleted");
        }
    }

    private SelfTestRun azure(AzuriteServer server, String container, String rights) throws IOException {
        String token = server.signature(container, rights);
        return SelfTestRun.hostile(
                new StoreSite(
                        "azure://" + AzuriteServer.ACCOUNT + "/" + container + "/production",
                        Map.of(
                                "endpoint",
                                server.endpoint(),
                                "sas-file",
                                SiteFile.secret(directory, "azure-sas", token)),
                        List.of(token)),
                directory);
    }

    /** The rights that the bucket policies of the examples give to a host. */
    private static final String[] WRITER = {"s3:ListBucket", "s3:ListBucketVersions", "s3:GetObject", "s3:PutObject"};

    @Test
    void s3Buckets() throws IOException {
        CephGateway ceph = CephGateway.shared();
        User writer = ceph.newUser();
        String plain = ceph.newBucket();
        ceph.allow(plain, writer, WRITER);
        User deleter = ceph.newUser();
        ceph.allow(plain, deleter, "s3:ListBucket", "s3:GetObject", "s3:PutObject", "s3:DeleteObject");
        s3(ceph, plain, deleter, Map.of()).canDestroy().says("delete", "BROKEN", "its bytes are gone");
        s3(ceph, plain, writer, Map.of())
                .canDestroy()
                .says("overwrite", "BROKEN", "its bytes are gone")
                .says("delete", "OK", "403")
                .says("bucket", "UNKNOWN", "not tested");

        String versions = ceph.newBucket();
        ceph.keepVersions(versions);
        ceph.allow(versions, writer, WRITER);
        s3(ceph, versions, writer, Map.of())
                .canHide()
                .says("overwrite", "MISSING", "earlier version")
                .says("destroy", "OK", "403");
        User expirer = ceph.newUser();
        ceph.allow(versions, expirer, WRITER);
        ceph.allow(versions, expirer, "s3:DeleteObject");
        s3(ceph, versions, expirer, Map.of())
                .canHide()
                .says("delete", "MISSING", "earlier version")
                .says("destroy", "OK", "403");
        User blind = ceph.newUser();
        ceph.allow(versions, blind, "s3:ListBucket", "s3:GetObject", "s3:PutObject", "s3:DeleteObject");
        s3(ceph, versions, blind, Map.of()).doesNotKnow();
        User purger = ceph.newUser();
        ceph.allow(versions, purger, WRITER);
        ceph.allow(versions, purger, "s3:DeleteObject", "s3:DeleteObjectVersion");
        s3(ceph, versions, purger, Map.of()).canDestroy().says("destroy", "BROKEN", "removed for good");
    }

    /** Not even the owner gets past a compliance lock, and the test changes no setting of the bucket. */
    @Test
    void s3Locks() throws IOException {
        CephGateway ceph = CephGateway.shared();
        String locked = ceph.newLockedBucket();
        ceph.setLifecycle(
                locked,
                "<Rule><ID>tidy</ID><Filter><Prefix></Prefix></Filter><Status>Enabled</Status>"
                        + "<NoncurrentVersionExpiration><NoncurrentDays>2</NoncurrentDays>"
                        + "</NoncurrentVersionExpiration></Rule>");
        List<String> settings = settings(ceph, locked);

        s3(ceph, locked, ceph.owner(), Map.of("lock-for", "30d"))
                .cannotDestroyBeforeTheLockEnds()
                .says("delete", "MISSING", "earlier version")
                .says("destroy", "OK", "403")
                .says("left", "MISSING");
        s3(ceph, locked, ceph.owner(), Map.of("lock-for", "30d", "lock-mode", "governance"))
                .canDestroy()
                .says("destroy", "BROKEN", "removed for good");
        s3(ceph, locked, ceph.owner(), Map.of()).canDestroy().says("destroy", "BROKEN");

        assertThat(settings(ceph, locked)).isEqualTo(settings);
    }

    private static List<String> settings(CephGateway ceph, String bucket) {
        return Stream.of("versioning", "lifecycle", "acl")
                .map(each -> ceph.send("GET", "/" + bucket + "?" + each, Map.of(), ""))
                .toList();
    }

    private SelfTestRun s3(CephGateway ceph, String bucket, User user, Map<String, String> more) throws IOException {
        Map<String, String> options = new HashMap<>(more);
        options.put("endpoint", "http://127.0.0.1:" + ceph.port());
        options.put("checksums", "when-required");
        options.put("access-key-id", user.keyId());
        options.put("secret-access-key-file", SiteFile.secret(directory, "s3-secret", user.secret()));
        return SelfTestRun.hostile(
                new StoreSite("s3://" + bucket + "/production", options, List.of(user.secret())), directory);
    }
}
