// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.s3;

import java.time.Instant;
import java.util.Base64;
import java.util.HexFormat;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.tidemark.store.BoundedCall;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.s3.S3Config.Checksums;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.model.ChecksumAlgorithm;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;
import software.amazon.awssdk.services.s3.model.PutObjectResponse;

/** Sends bytes with their checksum, and checks the server's answer. Thread-safe. */
final class BodySender {
    private static final String CONTENT_TYPE = "application/octet-stream";
    private static final Pattern MD5 = Pattern.compile("\"?([0-9a-f]{32})\"?");

    private final S3Clients clients;
    private final BoundedCall calls;
    private final S3Requests requests;
    private volatile boolean answersWithChecksums;

    /** @param isAmazon whether answers contain the checksum for certain; other servers may not send it */
    BodySender(S3Clients clients, BoundedCall calls, S3Requests requests, boolean isAmazon) {
        this.clients = clients;
        this.calls = calls;
        this.requests = requests;
        this.answersWithChecksums = isAmazon;
    }

    /** A source to send. */
    SourceBody body(ObjectKey key, ObjectSource source, Checksums way) {
        return new SourceBody(key, source, way == Checksums.TRAILER && !answersWithChecksums);
    }

    /**
     * The content of an answer about an object.
     *
     * @param proven whether the answer proves that the server has the sent bytes
     * @param eTag of the object; null if the answer has none
     * @param version of the object; null if the bucket keeps no versions
     */
    record SentObject(
            boolean proven, @Nullable String eTag, @Nullable String version) {}

    SentObject putObject(ObjectKey key, SourceBody body, @Nullable Instant lockedUntil, Checksums way)
            throws Exception {
        PutObjectRequest.Builder request = requests.put(key, lockedUntil).contentLength(body.length());
        byte[] md5 = way == Checksums.HEADER ? body.md5BeforeSending() : null;
        PutObjectRequest ready = md5 == null
                ? request.checksumAlgorithm(ChecksumAlgorithm.CRC32).build()
                : request.contentMD5(Base64.getEncoder().encodeToString(md5)).build();
        PutObjectResponse answer =
                calls.run(body::idleNanos, () -> clients.of(way).putObject(ready, sdkBody(body)));
        return new SentObject(
                isProven(answer.checksumCRC32(), answer.eTag(), body, md5),
                answer.eTag(),
                S3Requests.isVersion(answer.versionId()) ? answer.versionId() : null);
    }

    private static RequestBody sdkBody(SourceBody body) {
        return RequestBody.fromContentProvider(body, body.length(), CONTENT_TYPE);
    }

    /**
     * Checks the checksum of the answer, or its ETag if there is no checksum. The ETag is the MD5 of the bytes on most
     * servers, unless a key service or a customer's key encrypts them.
     */
    private boolean isProven(
            @Nullable String answeredCrc, @Nullable String eTag, SourceBody body, byte @Nullable [] md5)
            throws Exception {
        if (answeredCrc != null) {
            answersWithChecksums = true;
            return answeredCrc.equals(body.crc32());
        }
        var answeredMd5 = MD5.matcher(eTag == null ? "" : eTag);
        if (answeredMd5.matches()
                && answeredMd5.group(1).equals(HexFormat.of().formatHex(md5 == null ? body.md5() : md5))) {
            return true;
        }
        // A server that got the MD5 in a header has compared it; a server may ignore a trailer. A 200 without an ETag
        // (from a captive portal, for example) counts as a failure.
        return md5 != null && eTag != null && !eTag.isEmpty() && !answeredMd5.matches();
    }
}
