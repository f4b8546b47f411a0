// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.tidemark.testkit.StoreAccess.put;

import java.io.IOException;
import java.net.URI;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tidemark.core.Finding;
import org.tidemark.core.Finding.Severity;
import org.tidemark.store.ObjectStore;
import org.tidemark.testkit.CephGateway;
import org.tidemark.testkit.CephGateway.User;
import org.tidemark.testkit.FurtherServer;

/** What a store says of the rules of its bucket, as Ceph has them. */
@FurtherServer
class BucketRulesTest {
    private static final String TAGGED = "<And><Prefix></Prefix><Tag><Key>team</Key><Value>%s</Value></Tag></And>";

    private final CephGateway ceph = CephGateway.shared();
    private final String bucket = ceph.newBucket();

    private List<Finding> remarks() throws IOException {
        Map<String, String> options = new HashMap<>(CephServer.get().options(ceph.port()));
        options.put("tags", "team=database");
        try (ObjectStore store = new S3StoreProvider().open(URI.create("s3://" + bucket + "/prod"), options)) {
            return store.remarks();
        }
    }

    private static String rule(String filter, String action) {
        return "<Rule><ID>tidy</ID><Filter>" + filter + "</Filter><Status>Enabled</Status>" + action + "</Rule>";
    }

    private static String expiry(String filter) {
        return rule(filter, "<Expiration><Days>30</Days></Expiration>");
    }

    @Test
    void ofAnOrdinaryBucketNothingIsSaid() throws IOException {
        assertThat(remarks()).isEmpty();
    }

    @Test
    void deletedObjectsThatStayAsVersionsAreSaidWithWhatEndsIt() throws IOException {
        ceph.keepVersions(bucket);
        assertThat(remarks()).singleElement().satisfies(remark -> {
            assertThat(remark.severity()).isEqualTo(Severity.WARNING);
            assertThat(remark.message()).contains("the bucket keeps versions", "billed");
        });

        ceph.setLifecycle(
                bucket,
                rule(
                        "<Prefix></Prefix>",
                        "<NoncurrentVersionExpiration><NoncurrentDays>3</NoncurrentDays></NoncurrentVersionExpiration>"));

        assertThat(remarks()).singleElement().satisfies(remark -> {
            assertThat(remark.severity()).isEqualTo(Severity.OK);
            assertThat(remark.message()).contains("for 3 days (lifecycle rule 'tidy')");
        });
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "<Prefix></Prefix>",
                "<Prefix>prod/</Prefix>",
                "<Prefix>prod/main/</Prefix>",
                "<Prefix>pr</Prefix>"
            })
    void aRuleThatDeletesObjectsOfTheRepositoryIsCritical(String filter) throws IOException {
        ceph.setLifecycle(bucket, expiry(filter));

        assertThat(remarks()).singleElement().satisfies(remark -> {
            assertThat(remark.severity()).isEqualTo(Severity.CRITICAL);
            assertThat(remark.message()).contains("lifecycle rule 'tidy'", "deletes", "after 30 days");
        });
    }

    @Test
    void aRuleForTheTagsOfTheRepositoryIsCriticalAndOneForOthersIsNot() throws IOException {
        ceph.setLifecycle(bucket, expiry(TAGGED.formatted("database")));
        assertThat(remarks()).singleElement().extracting(Finding::severity).isEqualTo(Severity.CRITICAL);

        ceph.setLifecycle(bucket, expiry(TAGGED.formatted("web")));
        assertThat(remarks()).isEmpty();
    }

    @Test
    void rulesForOtherPrefixesAndForUnfinishedUploadsAndThoseThatAreOffDoNotMatter() throws IOException {
        ceph.setLifecycle(bucket, expiry("<Prefix>test/</Prefix>"));
        assertThat(remarks()).isEmpty();
        ceph.setLifecycle(
                bucket,
                rule(
                        "<Prefix></Prefix>",
                        "<AbortIncompleteMultipartUpload><DaysAfterInitiation>1</DaysAfterInitiation>"
                                + "</AbortIncompleteMultipartUpload>"));
        assertThat(remarks()).isEmpty();
        ceph.setLifecycle(bucket, expiry("<Prefix></Prefix>").replace("Enabled", "Disabled"));
        assertThat(remarks()).isEmpty();
    }

    @Test
    void whatMayNotBeAskedIsSaidOnceAndIsNoWarning() throws IOException {
        User user = ceph.newUser();
        ceph.allow(bucket, user, "s3:ListBucket", "s3:GetObject", "s3:PutObject");
        try (ObjectStore store = CephServer.as(user).store(bucket, Map.of("checksums", "when-required"))) {
            put(store, "main/a", new byte[] {1});

            assertThat(store.remarks()).singleElement().satisfies(remark -> {
                assertThat(remark.severity()).isEqualTo(Severity.OK);
                assertThat(remark.message()).contains("versioning, lifecycle rules, Object Lock", "403 AccessDenied");
                assertThat(remark.hint()).contains("s3:GetLifecycleConfiguration");
            });
        }
    }
}
