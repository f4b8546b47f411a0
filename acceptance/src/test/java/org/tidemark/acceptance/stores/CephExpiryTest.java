// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.stores;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.cli.Program;
import org.tidemark.cli.call.CommandContext;
import org.tidemark.config.Environment;
import org.tidemark.core.ExitCode;
import org.tidemark.store.ObjectStore;
import org.tidemark.testkit.CephGateway;
import org.tidemark.testkit.CephGateway.User;
import org.tidemark.testkit.FurtherServer;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.StoreAccess;

/** Expiry in buckets with locks, with versions, and with credentials that may not delete. */
@FurtherServer
@InTurn
class CephExpiryTest {
    private static final Path GOLDEN =
            Path.of(System.getProperty("tidemark.root", ".."), "catalog/src/test/resources/golden/repository.zip");
    /** The golden repository's older backup. */
    private static final String OLDER = "20261120T063011Z";

    private final CephGateway ceph = CephGateway.shared();

    @TempDir
    private Path directory;

    private StoreSite site(String bucket, User user, String... more) throws IOException {
        Map<String, String> options = new HashMap<>();
        options.put("endpoint", "http://127.0.0.1:" + ceph.port());
        options.put("checksums", "when-required");
        options.put("access-key-id", user.keyId());
        options.put("secret-access-key-file", SiteFile.secret(directory, user.name(), user.secret()));
        for (int i = 0; i < more.length; i += 2) {
            options.put(more[i], more[i + 1]);
        }
        return new StoreSite("s3://" + bucket + "/production", options, List.of(user.secret()));
    }

    private void fill(StoreSite site) throws IOException {
        try (ObjectStore store = StoreProcess.open(site);
                InputStream file = Files.newInputStream(GOLDEN);
                ZipInputStream zip = new ZipInputStream(file)) {
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                StoreAccess.put(store, entry.getName(), zip.readAllBytes());
            }
        }
    }

    private record Run(int status, String text) {}

    private Run run(StoreSite site, Clock clock, String... arguments) throws IOException {
        Path config = Files.writeString(
                directory.resolve("tidemark.toml"),
                site.toml("far") + "retention = 'REDUNDANCY 1'\n[cluster.main]\nrepositories = ['far']\n");
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        try (PrintStream stream = new PrintStream(printed, true, StandardCharsets.UTF_8)) {
            Environment environment = new Environment(
                    Map.of("PATH", String.valueOf(System.getenv("PATH")), "TIDEMARK_CONFIG", config.toString()),
                    directory,
                    directory.resolve("home"),
                    directory);
            int status =
                    new Program(new CommandContext(environment, clock, stream, stream, false, false)).run(arguments);
            return new Run(status, printed.toString(StandardCharsets.UTF_8));
        }
    }

    private Run must(StoreSite site, String... arguments) throws IOException {
        Run run = run(site, Clock.systemUTC(), arguments);
        assertThat(run.status).as(run.text).isZero();
        return run;
    }

    @Test
    void aBackupStaysAsLongAsItsLockIsKnownToLast() throws IOException {
        StoreSite site = site(ceph.newLockedBucket(), ceph.owner(), "lock-for", "30d", "lock-mode", "governance");
        fill(site);
        Clock soon = Clock.fixed(Instant.parse("2026-11-25T00:00:00Z"), ZoneOffset.UTC);

        assertThat(run(site, soon, "retention").text).contains("locked in the store until 2026-12-20");
        assertThat(run(site, soon, "expire").text).contains("nothing is to be deleted");

        Clock later = Clock.fixed(Instant.parse("2026-12-25T00:00:00Z"), ZoneOffset.UTC);
        assertThat(run(site, later, "expire").text)
                .contains("would delete 1 backup")
                .doesNotContain("locked");
    }

    /** The settings do not know of this lock: the bucket keeps it anyway. */
    @Test
    void whatIsLockedIsHiddenAndTheBucketKeepsIt() throws IOException {
        String bucket = ceph.newLockedBucket();
        fill(site(bucket, ceph.owner(), "lock-for", "1d"));
        StoreSite site = site(bucket, ceph.owner());

        Run expiry = must(site, "expire", "--confirm");

        assertThat(expiry.text)
                .contains("'far': deleted 1 backup")
                .contains("the bucket keeps versions: deleted objects stay, hidden by a marker, and are billed")
                .containsOnlyOnce("lifecycle rule for noncurrent versions");
        assertThat(must(site, "list-backup").text).doesNotContain(OLDER + " ").contains(OLDER + "-2");
        assertThat(ceph.send("GET", "/" + bucket + "?versions", Map.of(), ""))
                .contains("backup/" + OLDER + "/bundle/00000001</Key>");
        assertThat(must(site, "expire", "--confirm").text).contains("nothing is to be deleted");
        must(site, "verify");
    }

    @Test
    void aRuleForNoncurrentVersionsIsSaidWithoutAWarning() throws IOException {
        String bucket = ceph.newLockedBucket();
        StoreSite site = site(bucket, ceph.owner());
        fill(site);
        ceph.setLifecycle(
                bucket,
                "<Rule><ID>tidy</ID><Filter><Prefix></Prefix></Filter><Status>Enabled</Status>"
                        + "<NoncurrentVersionExpiration><NoncurrentDays>2</NoncurrentDays>"
                        + "</NoncurrentVersionExpiration></Rule>");

        assertThat(must(site, "expire", "--confirm").text)
                .contains("'far': deleted 1 backup", "for 2 days (lifecycle rule 'tidy'), or until their lock ends")
                .doesNotContain("warning");
    }

    @Test
    void aHostThatMayNotDeleteSaysSoBeforeItChangesAnything() throws IOException {
        String bucket = ceph.newBucket();
        fill(site(bucket, ceph.owner()));
        User user = ceph.newUser();
        ceph.allow(bucket, user, "s3:ListBucket", "s3:GetObject", "s3:PutObject");
        StoreSite site = site(bucket, user);

        Run expiry = run(site, Clock.systemUTC(), "expire", "--confirm");

        assertThat(expiry.status).isEqualTo(ExitCode.STORE_DENIED.status());
        assertThat(expiry.text)
                .contains("the credentials of this host may not delete", "on a host whose credentials may");
        assertThat(must(site, "list-backup").text).contains(OLDER + " ");
        must(site, "verify", "--all");
        User other = ceph.newUser();
        ceph.allow(bucket, other, "s3:ListBucket", "s3:GetObject", "s3:PutObject", "s3:DeleteObject");
        assertThat(must(site(bucket, other), "expire", "--confirm").text).contains("deleted 1 backup");
    }
}
