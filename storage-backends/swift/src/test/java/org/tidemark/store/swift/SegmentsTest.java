// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.swift;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.tidemark.testkit.StoreAccess.key;
import static org.tidemark.testkit.StoreAccess.keys;
import static org.tidemark.testkit.StoreAccess.put;
import static org.tidemark.testkit.StoreAccess.randomBytes;
import static org.tidemark.testkit.StoreAccess.read;

import java.io.IOException;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.tidemark.store.ByteRange;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException.ObjectExists;
import org.tidemark.store.StorageException.StorageUnavailable;
import org.tidemark.store.UnfinishedUploads;
import org.tidemark.store.UnfinishedUploads.Upload;
import org.tidemark.testkit.BadSource;
import org.tidemark.testkit.Rounds;
import org.tidemark.testkit.SwiftServer;

/** Objects above the size of a segment. */
class SegmentsTest {
    private static final int MIB = 1024 * 1024;
    private static final Instant LATER = Instant.MAX;

    private final SwiftServer server = SwiftServer.shared();
    private final String container = server.newContainer();
    private final ObjectStore store = SwiftStores.open(container, SwiftServer.WRITER, "segment-size", "1MiB");
    private final byte[] bytes = randomBytes(Rounds.random(), 3 * MIB + 7);

    @AfterEach
    void close() {
        store.close();
    }

    private List<String> names(String prefix) {
        return server.account()
                .done("GET", container + "?prefix=" + prefix, "")
                .body()
                .lines()
                .toList();
    }

    private UnfinishedUploads uploads() {
        return store.unfinishedUploads().orElseThrow();
    }

    @Test
    void aLargeObjectIsSegmentsThatNoListingShows() throws IOException {
        put(store, "-first", new byte[1]);
        put(store, "main/large", bytes);

        assertThat(read(store, "main/large")).isEqualTo(bytes);
        assertThat(names(".segments/main/large/")).hasSize(4);
        assertThat(keys(store, "")).containsExactly("-first", "main/large");
        assertThat(store.list("", Optional.empty(), 1).objects())
                .extracting(ObjectInfo::key)
                .containsExactly(key("-first"));
        ObjectInfo info = store.stat(key("main/large")).orElseThrow();
        assertThat(info.sizeBytes()).isEqualTo(bytes.length);
        assertThat(store.list("main/", Optional.empty(), 10).objects()).containsExactly(info);
        assertThat(uploads().begunBefore("", LATER, 10)).isEmpty();
    }

    @Test
    void aRangeMayGoOverTheEdgesOfSegments() throws IOException {
        put(store, "main/large", bytes);

        for (long[] range : new long[][] {
            {0, MIB}, {MIB - 1, 2}, {MIB, MIB}, {5, 3 * MIB}, {3 * MIB - 1, 1000}, {3 * MIB + 6, 1}, {3 * MIB + 7, 1}
        }) {
            int end = (int) Math.min(range[0] + range[1], bytes.length);
            assertThat(read(store, "main/large", new ByteRange(range[0], range[1])))
                    .as("%d bytes from %d", range[1], range[0])
                    .isEqualTo(Arrays.copyOfRange(bytes, (int) range[0], end));
        }
    }

    @Test
    void puttingOverAnObjectLeavesItAndNoSegments() throws IOException {
        put(store, "main/small", new byte[] {1});
        put(store, "main/large", bytes);

        assertThatThrownBy(() -> put(store, "main/small", bytes)).isInstanceOf(ObjectExists.class);
        assertThatThrownBy(() -> put(store, "main/large", new byte[2 * MIB])).isInstanceOf(ObjectExists.class);
        assertThatThrownBy(() -> put(store, "main/large", new byte[7])).isInstanceOf(ObjectExists.class);

        assertThat(read(store, "main/small")).containsExactly(1);
        assertThat(read(store, "main/large")).isEqualTo(bytes);
        assertThat(names(".segments/")).hasSize(4);
    }

    @Test
    void aCreateThatComesInBetweenWins() throws IOException {
        assertThatThrownBy(() -> store.putIfAbsent(
                        key("main/large"),
                        BadSource.pausingHalfWay(bytes, () -> putQuietly("main/large", new byte[] {9}))))
                .isInstanceOf(ObjectExists.class);

        assertThat(read(store, "main/large")).containsExactly(9);
        assertThat(names(".segments/")).isEmpty();
    }

    /** It happens whenever the source is read: the first time counts. */
    private void putQuietly(String key, byte[] content) throws IOException {
        if (store.stat(key(key)).isEmpty()) {
            put(store, key, content);
        }
    }

    @Test
    void deletingALargeObjectDeletesItsSegments() throws IOException {
        put(store, "main/a", bytes);
        put(store, "main/a-b", bytes);
        put(store, "main/c", new byte[1]);

        store.delete(List.of(key("main/a"), key("main/c"), key("main/absent")));
        assertThat(keys(store, "")).containsExactly("main/a-b");
        assertThat(names(".segments/main/a/")).isEmpty();
        assertThat(read(store, "main/a-b")).isEqualTo(bytes);
        store.delete(List.of(key("main/a-b")));

        assertThat(names("")).isEmpty();
    }

    @Test
    void aSourceThatBreaksOffLeavesNoSegments() throws IOException {
        assertThatThrownBy(() -> store.putIfAbsent(
                        key("main/bad"), BadSource.failingAfter(Arrays.copyOf(bytes, 2 * MIB + 9), bytes.length)))
                .isInstanceOf(StorageUnavailable.class)
                .hasMessageContaining("main/bad");

        assertThat(names("")).isEmpty();
    }

    @Test
    void whatAnInterruptedUploadLeftIsListedByAgeAndCanBeRemoved() throws IOException {
        put(store, "main/done", bytes);
        assertThatThrownBy(() -> store.putIfAbsent(key("main/broken"), BadSource.pausingHalfWay(bytes, () -> {
                    if (!names(".segments/main/broken/").isEmpty()) {
                        Thread.currentThread().interrupt();
                    }
                })))
                .isInstanceOf(StorageUnavailable.class);
        assertThat(Thread.interrupted()).isTrue();

        List<Upload> left = uploads().begunBefore("", LATER, 10);
        assertThat(left)
                .singleElement()
                .satisfies(upload -> assertThat(upload.key()).isEqualTo(key("main/broken")));
        Upload upload = left.getFirst();
        assertThat(uploads().begunBefore("main/", LATER, 1)).isEqualTo(left);
        assertThat(uploads().begunBefore("other/", LATER, 10)).isEmpty();
        assertThat(uploads().begunBefore("", upload.begun(), 10)).isEmpty();
        assertThat(keys(store, "")).containsExactly("main/done");

        uploads().abort(upload);
        uploads().abort(upload);

        assertThat(names(".segments/main/broken/")).isEmpty();
        assertThat(uploads().begunBefore("", LATER, 10)).isEmpty();
        assertThat(read(store, "main/done")).isEqualTo(bytes);
    }

    @Test
    void anUploadThatHasEndedIsNotAborted() throws IOException {
        put(store, "main/done", bytes);
        String id =
                SegmentName.parse(names(".segments/").getFirst()).orElseThrow().upload();

        uploads().abort(new Upload(key("main/done"), id, Instant.EPOCH));

        assertThat(read(store, "main/done")).isEqualTo(bytes);
    }

    @Test
    void segmentsWhoseObjectWasDeletedWithoutThemAreFound() throws IOException {
        put(store, "main/large", bytes);
        server.account().done("DELETE", container + "/main/large", "");

        assertThat(uploads().begunBefore("", LATER, 10)).hasSize(1);
        put(store, "main/large", new byte[] {1});
        assertThat(uploads().begunBefore("", LATER, 10)).hasSize(1);
        store.delete(List.of(key("main/large")));
        assertThat(keys(store, "")).isEmpty();
        uploads().abort(uploads().begunBefore("", LATER, 10).getFirst());
        assertThat(names("")).isEmpty();
    }

    @Test
    void aSegmentThatIsGoneIsAnErrorAndNotAnEnd() throws IOException {
        put(store, "main/large", bytes);
        server.account().done("DELETE", container + "/" + names(".segments/").get(2), "");

        assertThatThrownBy(() -> read(store, "main/large"))
                .isInstanceOf(StorageUnavailable.class)
                .hasMessageContaining("main/large");
    }

    @Test
    void segmentsAreOfOneSizeThatGrowsWithTheObject() {
        long gib = 1024L * MIB;

        assertThat(SegmentedWriter.segmentBytes(64L * MIB, gib)).isEqualTo(64L * MIB);
        assertThat(SegmentedWriter.segmentBytes(64L * MIB, 64_000L * MIB)).isEqualTo(64L * MIB);
        assertThat(SegmentedWriter.segmentBytes(64L * MIB, 64_000L * MIB + 1)).isEqualTo(65L * MIB);
        assertThat(SegmentedWriter.segmentBytes(MIB, 4 * 1024 * gib))
                .isLessThanOrEqualTo(SwiftConfig.MAX_SEGMENT_BYTES)
                .satisfies(
                        each -> assertThat(Math.ceilDiv(4 * 1024 * gib, each)).isLessThanOrEqualTo(1000));
    }
}
