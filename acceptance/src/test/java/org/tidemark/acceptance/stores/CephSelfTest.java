// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.stores;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.testkit.CephGateway;
import org.tidemark.testkit.CephGateway.User;
import org.tidemark.testkit.InTurn;

/** {@code init --test} on a server that keeps versions, locks and policies. */
@InTurn
class CephSelfTest {
    private static final String[] WRITE_ONCE = {"s3:ListBucket", "s3:GetObject", "s3:PutObject"};

    private final CephGateway ceph = CephGateway.shared();

    @TempDir
    private Path directory;

    @Test
    void aLockThatIsKeptIsProven() throws IOException {
        String bucket = ceph.newLockedBucket();

        selfTest(bucket, ceph.owner(), Map.of("lock-for", "30d"))
                .canBeUsed()
                .keeps("create", "refuse", "exclude", "read", "list", "delete")
                .says("lock", "OK", "with a lock could not be removed, and one without a lock could")
                .says("versions", "MISSING", "hidden by a marker", "lifecycle rule for noncurrent versions");
    }

    @Test
    void aBucketWithoutObjectLockCannotBeUsedWithLocks() throws IOException {
        selfTest(ceph.newBucket(), ceph.owner(), Map.of("lock-for", "30d"))
                .cannotBeUsed()
                .keeps("create", "read")
                .saysAnywhere("does bucket", "have Object Lock?", "--object-lock-enabled-for-bucket");
    }

    @Test
    void aLifecycleRuleThatDeletesBackupsMakesABucketUnusable() throws IOException {
        String bucket = ceph.newBucket();
        ceph.setLifecycle(
                bucket,
                "<Rule><ID>old-files</ID><Filter><Prefix></Prefix></Filter><Status>Enabled</Status>"
                        + "<Expiration><Days>90</Days></Expiration></Rule>");

        selfTest(bucket, ceph.owner(), Map.of())
                .cannotBeUsed()
                .says("lifecycle", "BROKEN", "'old-files'", "deletes every object after 90 days");
    }

    @Test
    void credentialsThatMayNeitherDeleteNorAskCanBeUsed() throws IOException {
        String bucket = ceph.newBucket();
        User user = ceph.newUser();
        ceph.allow(bucket, user, WRITE_ONCE);

        selfTest(bucket, user, Map.of())
                .canBeUsed()
                .keeps("create", "refuse", "exclude", "read", "list")
                .says("delete", "MISSING", "deleting is refused", "protects WAL and backups")
                .says("bucket", "MISSING", "its versioning, lifecycle rules, Object Lock could not be read");
    }

    /** A writer that comes second may not remove what it stored: it covers it. */
    @Test
    void writersThatMayNotDeleteExcludeEachOtherAmongLocks() throws IOException {
        String bucket = ceph.newLockedBucket();
        User user = ceph.newUser();
        ceph.allow(
                bucket,
                user,
                "s3:ListBucket",
                "s3:ListBucketVersions",
                "s3:GetObject",
                "s3:GetObjectVersion",
                "s3:PutObject",
                "s3:PutObjectRetention");

        selfTest(bucket, user, Map.of("lock-for", "30d"))
                .canBeUsed()
                .keeps("create", "refuse", "exclude", "read", "list", "lock");
    }

    private SelfTestRun selfTest(String bucket, User user, Map<String, String> more) throws IOException {
        Map<String, String> options = new HashMap<>(more);
        options.put("endpoint", "http://127.0.0.1:" + ceph.port());
        options.put("checksums", "when-required");
        options.put("access-key-id", user.keyId());
        options.put("secret-access-key-file", SiteFile.secret(directory, "s3-secret", user.secret()));
        return SelfTestRun.of(
                new StoreSite("s3://" + bucket + "/production", options, List.of(user.secret())), directory);
    }
}
