// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.s3;

import java.util.List;
import java.util.stream.Stream;
import org.tidemark.store.TimeLimits;
import org.tidemark.store.TrustedAuthorities;

/** The names of the options of {@code s3:} addresses. */
final class S3Options {
    static final String REGION = "region";
    static final String ENDPOINT = "endpoint";
    static final String PATH_STYLE = "path-style";
    static final String PROXY = "proxy";
    static final String PROFILE = "profile";
    static final String ACCESS_KEY_ID = "access-key-id";
    static final String SECRET_ACCESS_KEY = "secret-access-key";
    static final String STORAGE_CLASS = "storage-class";
    static final String SSE = "sse";
    static final String SSE_KMS_KEY_ID = "sse-kms-key-id";
    static final String SSE_CUSTOMER_KEY = "sse-customer-key";
    static final String TAGS = "tags";
    static final String LOCK_FOR = "lock-for";
    static final String LOCK_MODE = "lock-mode";
    static final String CHECKSUMS = "checksums";

    static final List<String> NAMES = Stream.concat(
                    Stream.of(
                            REGION,
                            ENDPOINT,
                            PATH_STYLE,
                            TrustedAuthorities.OPTION,
                            PROXY,
                            PROFILE,
                            ACCESS_KEY_ID,
                            SECRET_ACCESS_KEY + "-file",
                            SECRET_ACCESS_KEY + "-command",
                            STORAGE_CLASS,
                            SSE,
                            SSE_KMS_KEY_ID,
                            SSE_CUSTOMER_KEY + "-file",
                            SSE_CUSTOMER_KEY + "-command",
                            TAGS,
                            LOCK_FOR,
                            LOCK_MODE,
                            CHECKSUMS),
                    TimeLimits.OPTIONS.stream())
            .toList();

    private S3Options() {}
}
