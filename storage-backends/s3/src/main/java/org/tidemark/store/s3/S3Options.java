// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.s3;

import java.net.URI;
import java.util.List;
import org.tidemark.store.NetworkOptions;
import org.tidemark.store.PastStore;
import org.tidemark.store.StoreDeclaration;
import org.tidemark.store.StoreOption;

/** The options of a store with an {@code s3:} address. */
public final class S3Options implements StoreDeclaration {
    static final StoreOption ENDPOINT =
            StoreOption.address("endpoint", "https://host:port").ofIdentity();
    static final StoreOption REGION =
            StoreOption.text("region", "a region, such as eu-west-1").ofIdentity();
    static final StoreOption PATH_STYLE = StoreOption.flag("path-style");
    static final StoreOption PROXY = StoreOption.address("proxy", "http://host:port");
    static final StoreOption PROFILE =
            StoreOption.text("profile", "the name of a profile in the files of the AWS tools");
    static final StoreOption ACCESS_KEY_ID = StoreOption.text("access-key-id", "the id of an access key");
    static final String SECRET_ACCESS_KEY = "secret-access-key";
    static final StoreOption STORAGE_CLASS = StoreOption.text("storage-class", "a storage class, such as STANDARD_IA");
    static final StoreOption SSE = StoreOption.choice("sse", "as-bucket", "s3", "kms", "customer");
    static final StoreOption SSE_KMS_KEY_ID = StoreOption.text("sse-kms-key-id", "the id of a key");
    static final String SSE_CUSTOMER_KEY = "sse-customer-key";
    static final StoreOption TAGS = StoreOption.text("tags", "name=value, several joined by commas");
    static final StoreOption LOCK_FOR = StoreOption.duration("lock-for");
    static final StoreOption LOCK_MODE = StoreOption.choice("lock-mode", "compliance", "governance");
    static final StoreOption CHECKSUMS = StoreOption.choice("checksums", "auto", "always", "when-required");

    private static final List<StoreOption> ALL = StoreOption.all(
            List.of(
                    ENDPOINT,
                    REGION,
                    PATH_STYLE,
                    NetworkOptions.CA_FILE,
                    PROXY,
                    PROFILE,
                    ACCESS_KEY_ID,
                    STORAGE_CLASS,
                    SSE,
                    SSE_KMS_KEY_ID,
                    TAGS,
                    LOCK_FOR,
                    LOCK_MODE,
                    CHECKSUMS,
                    PastStore.OPTION),
            StoreOption.secret(SECRET_ACCESS_KEY),
            StoreOption.secret(SSE_CUSTOMER_KEY),
            NetworkOptions.TIME_LIMITS);

    @Override
    public String scheme() {
        return "s3";
    }

    @Override
    public String provider() {
        return "org.tidemark.store.s3.S3StoreProvider";
    }

    @Override
    public List<StoreOption> options() {
        return ALL;
    }

    @Override
    public List<String> variables() {
        return List.of("AWS_");
    }

    @Override
    public void requireAddress(URI address) {
        S3Address.parse(address);
    }
}
