// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.stores;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.tidemark.acceptance.TidemarkHost;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.Tampering;
import org.tidemark.testkit.CephGateway;
import org.tidemark.testkit.CephGateway.User;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.OperatingUser;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;
import org.tidemark.testkit.StoreAccess;

/** {@code examples/policies}: each user of a bucket can do what it is for, and nothing more. */
@InTurn
class BucketPolicyTest {
    private static final Duration LIMIT = Duration.ofMinutes(1);
    /** The server tells times in whole seconds. */
    private static final long PRECISION_MILLIS = 1_100;

    private static final Path POLICY =
            Path.of(System.getProperty("tidemark.root", ".."), "examples/policies/s3-bucket-policy.json");

    private final CephGateway ceph = CephGateway.shared();
    private final User archiver = ceph.newUser();
    private final User restorer = ceph.newUser();
    private final User expirer = ceph.newUser();

    @Test
    void eachUserCanDoWhatItIsForAndNothingMore() throws Exception {
        String bucket = ceph.newBucket();
        ceph.keepVersions(bucket);
        ceph.send("PUT", "/" + bucket + "?policy", Map.of(), policy(bucket));
        PostgresBinaries binaries = PostgresBinaries.oldestAndNewest().getLast();
        try (TidemarkHost host = TidemarkHost.ofFirstProcesses();
                PostgresServer server = PostgresServer.of(binaries)
                        .initdb("--wal-segsize=1")
                        .archiving(host.archiveCommand())
                        .start()) {
            act(host, server, bucket, archiver);
            host.must("init");
            String first = host.must("backup").data().strip();
            String second = host.must("backup", "--type", "full").data().strip();
            server.sql("CREATE TABLE t AS SELECT generate_series(1, 1000) AS i");
            server.archiveCurrentSegment(LIMIT);
            host.must("verify");
            assertThat(host.run("init", "--test", "--hostile").data()).contains("CAN HIDE");
            assertThat(host.run("expire", "--confirm").status()).isNotZero();
            assertThat(host.run("delete", first, "--confirm").status()).isNotZero();

            act(host, server, bucket, restorer);
            assertThat(host.must("list-backup").data()).contains(first, second);
            Path copy = host.directory().resolve("copy");
            host.must("recover", "--to", copy.toString(), "--target-action", "promote");
            try (PostgresServer restored =
                    PostgresServer.of(binaries).from(copy).start()) {
                restored.awaitRecoveryEnd(LIMIT);
                assertThat(restored.tableHashes()).isEqualTo(server.tableHashes());
            }
            assertThat(host.run("backup").status()).isNotZero();
            assertThat(host.run("init", "--test", "--hostile").data()).contains("UNKNOWN", "403");
            assertThat(host.run("expire", "--confirm").status()).isNotZero();

            act(host, server, bucket, expirer);
            assertThat(host.run("init", "--test", "--hostile").data()).contains("CAN HIDE");
            host.must("expire", "--confirm");
            assertThat(host.must("list-backup").data()).contains(second).doesNotContain(first);
            host.must("verify", "--all");
        }
    }

    @Test
    void whatAnIntruderHidAndReplacedIsRestoredAsOfTheMomentBefore() throws Exception {
        String bucket = ceph.newBucket();
        ceph.keepVersions(bucket);
        ceph.send("PUT", "/" + bucket + "?policy", Map.of(), policy(bucket));
        PostgresBinaries binaries = PostgresBinaries.oldestAndNewest().getFirst();
        try (TidemarkHost host = new TidemarkHost();
                PostgresServer server = PostgresServer.of(binaries)
                        .initdb("--wal-segsize=1")
                        .archiving(host.archiveCommand())
                        .start()) {
            act(host, server, bucket, archiver);
            host.must("init");
            host.must("backup");
            server.sql("CREATE TABLE t AS SELECT generate_series(1, 1000) AS i");
            server.archiveCurrentSegment(LIMIT);
            Thread.sleep(PRECISION_MILLIS);
            Instant before = Instant.now().truncatedTo(ChronoUnit.SECONDS);
            Thread.sleep(PRECISION_MILLIS);
            damage(site(host, bucket, expirer, Map.of()));
            assertThat(host.run("list-backup").status()).isNotZero();

            configure(host, server, site(host, bucket, restorer, Map.of("as-of", before.toString())));
            assertThat(host.run("check", "-v").data()).contains("is read as of " + before);
            assertThat(host.run("backup").talk()).contains("it is read as of");
            Path copy = host.directory().resolve("copy");
            host.must("recover", "--to", copy.toString(), "--target-action", "promote");
            try (PostgresServer restored =
                    PostgresServer.of(binaries).from(copy).start()) {
                restored.awaitRecoveryEnd(LIMIT);
                assertThat(restored.tableHashes()).isEqualTo(server.tableHashes());
            }
        }
    }

    /** With the rights of the expirer: every object is replaced or hidden. */
    private static void damage(StoreSite site) throws IOException {
        try (ObjectStore store = StoreProcess.open(site)) {
            Tampering intruder = store.tampering().orElseThrow();
            List<ObjectInfo> all = StoreAccess.list(store, "", ObjectStore.MAX_PAGE);
            for (int number = 0; number < all.size(); number++) {
                if (number % 2 == 0) {
                    intruder.overwrite(all.get(number).key(), new byte[] {'x'});
                } else {
                    store.delete(List.of(all.get(number).key()));
                }
            }
        }
    }

    private String policy(String bucket) throws IOException {
        return Files.readString(POLICY)
                .replace("arn:aws:iam::111122223333:user/archiver", "arn:aws:iam:::user/" + archiver.name())
                .replace("arn:aws:iam::111122223333:user/restorer", "arn:aws:iam:::user/" + restorer.name())
                .replace("arn:aws:iam::111122223333:user/expirer", "arn:aws:iam:::user/" + expirer.name())
                .replace("BUCKET", bucket);
    }

    private void act(TidemarkHost host, PostgresServer server, String bucket, User user) throws IOException {
        configure(host, server, site(host, bucket, user, Map.of()));
    }

    private StoreSite site(TidemarkHost host, String bucket, User user, Map<String, String> more) throws IOException {
        Map<String, String> options = new HashMap<>(more);
        options.put("endpoint", "http://127.0.0.1:" + ceph.port());
        options.put("checksums", "when-required");
        options.put("access-key-id", user.keyId());
        options.put(
                "secret-access-key-file", SiteFile.secret(host.directory(), "secret-" + user.name(), user.secret()));
        return new StoreSite("s3://" + bucket + "/production", options, List.of());
    }

    private static void configure(TidemarkHost host, PostgresServer server, StoreSite site) throws IOException {
        host.configure(site.toml("store") + "retention = 'REDUNDANCY 1'\n[cluster.main]\nconninfo = '"
                + server.conninfo() + "'\ndata-directory = '" + server.dataDirectory() + "'\n");
        OperatingUser.current().own(host.directory());
    }
}
