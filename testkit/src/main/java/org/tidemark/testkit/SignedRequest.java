// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Base64;
import java.util.Map;
import java.util.TreeMap;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.tidemark.testkit.CephGateway.User;

/** Signs requests to S3 in its second version, which needs no library and which Ceph still takes. */
final class SignedRequest {
    private SignedRequest() {}

    /**
     * All headers of a request.
     *
     * @param path with the query, which is one subresource or empty
     * @param more those whose names begin with {@code x-amz-}
     */
    static Map<String, String> headers(User user, String method, String path, Map<String, String> more, String body) {
        Map<String, String> headers = new TreeMap<>(more);
        StringBuilder signed = new StringBuilder();
        try {
            String md5 = body.isEmpty()
                    ? ""
                    : Base64.getEncoder()
                            .encodeToString(
                                    MessageDigest.getInstance("MD5").digest(body.getBytes(StandardCharsets.UTF_8)));
            headers.put("x-amz-date", ZonedDateTime.now(ZoneOffset.UTC).format(DateTimeFormatter.RFC_1123_DATE_TIME));
            // The content type and the other date are empty.
            signed.append(method).append('\n').append(md5).append("\n\n\n");
            headers.forEach((name, value) ->
                    signed.append(name).append(':').append(value).append('\n'));
            signed.append(path);
            Mac mac = Mac.getInstance("HmacSHA1");
            mac.init(new SecretKeySpec(user.secret().getBytes(StandardCharsets.UTF_8), "HmacSHA1"));
            byte[] signature = mac.doFinal(signed.toString().getBytes(StandardCharsets.UTF_8));
            headers.put(
                    "Authorization",
                    "AWS " + user.keyId() + ":" + Base64.getEncoder().encodeToString(signature));
            if (!md5.isEmpty()) {
                headers.put("Content-MD5", md5);
            }
            return headers;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }
}
