// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.s3;

import java.net.URI;
import java.util.regex.Pattern;
import org.tidemark.store.ObjectKey;

/**
 * {@code s3://bucket/prefix}. Immutable.
 *
 * @param prefix of all keys: empty, or parts that each end with a slash
 */
record S3Address(String bucket, String prefix) {
    /** Allows more than Amazon does today: old buckets and buckets of other servers have such names. */
    private static final Pattern BUCKET = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9]");

    /** The suffix of Amazon's directory buckets, whose listings are unordered. */
    private static final String DIRECTORY_BUCKET = "--x-s3";

    /** @throws IllegalArgumentException if the address is not valid */
    static S3Address parse(URI address) {
        String bucket = address.getRawAuthority();
        String path = address.getRawPath() == null ? "" : address.getRawPath();
        boolean plain = "s3".equals(address.getScheme())
                && bucket != null
                && address.getRawQuery() == null
                && address.getRawFragment() == null;
        if (!plain || !BUCKET.matcher(bucket).matches()) {
            throw new IllegalArgumentException(
                    "not the address of a bucket: '" + address + "' (expected s3://bucket or s3://bucket/prefix)");
        }
        if (bucket.endsWith(DIRECTORY_BUCKET)) {
            throw new IllegalArgumentException(
                    "not a bucket for a repository: '" + bucket
                            + "' is a directory bucket, which lists its objects in no order (expected a general purpose bucket)");
        }
        return new S3Address(bucket, prefix(address, path));
    }

    private static String prefix(URI address, String path) {
        int end = path.endsWith("/") ? path.length() - 1 : path.length();
        if (end <= 0) {
            return "";
        }
        String prefix = path.substring(1, end) + "/";
        if (!ObjectKey.isKey(prefix + "x")) {
            throw new IllegalArgumentException("not the address of a bucket: '" + address
                    + "' (expected a prefix of letters, digits, dots, hyphens and underscores, with slashes between)");
        }
        return prefix;
    }
}
