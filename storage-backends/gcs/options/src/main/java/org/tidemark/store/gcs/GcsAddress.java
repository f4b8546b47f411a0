// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.gcs;

import java.net.URI;
import java.util.regex.Pattern;
import org.tidemark.store.ObjectKey;

/**
 * A bucket, and the prefix of a store in it. Immutable.
 *
 * @param prefix of all keys: empty, or parts that each end with a slash
 */
public record GcsAddress(String bucket, String prefix) {
    /** Google's rule for names of buckets; a name with dots is a domain. */
    private static final Pattern BUCKET = Pattern.compile("[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]");

    /**
     * Reads {@code gs://bucket} or {@code gs://bucket/prefix}.
     *
     * @throws IllegalArgumentException if the address is not valid; the message contains no password
     */
    public static GcsAddress parse(URI address) {
        // A bucket name may have an underscore, unlike a host name.
        String bucket = address.getRawAuthority() == null ? "" : address.getRawAuthority();
        String path = address.getRawPath() == null ? "" : address.getRawPath();
        String prefix = path.startsWith("/") ? path.substring(1) : path;
        if (!prefix.isEmpty() && !prefix.endsWith("/")) {
            prefix = prefix + "/";
        }
        boolean valid = "gs".equals(address.getScheme())
                && BUCKET.matcher(bucket).matches()
                && (prefix.isEmpty() || ObjectKey.isKey(prefix + "x"))
                && address.getRawQuery() == null
                && address.getRawFragment() == null;
        if (!valid) {
            // The message leaves out a password before the host.
            throw new IllegalArgumentException("not the address of a bucket: '" + address.getScheme() + "://"
                    + bucket.substring(bucket.lastIndexOf('@') + 1) + path + "' (expected gs://bucket or"
                    + " gs://bucket/prefix, of letters, digits, dots, hyphens and underscores)");
        }
        return new GcsAddress(bucket, prefix);
    }

    /** The bucket's name in messages, in which keys include the prefix. */
    public String description() {
        return "gs://" + bucket;
    }
}
