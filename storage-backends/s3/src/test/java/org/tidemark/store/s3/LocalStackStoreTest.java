// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.s3;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.condition.EnabledIf;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.localstack.LocalStackContainer;
import org.testcontainers.utility.DockerImageName;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StoreOptions;
import org.tidemark.testkit.FurtherServer;
import org.tidemark.testkit.ObjectStoreContract;

/** The only test of a store that may be skipped: it needs a Docker engine, and the image of LocalStack. */
@EnabledIf(value = "thereIsDocker", disabledReason = "LocalStack is skipped: there is no Docker engine to run it")
@FurtherServer
class LocalStackStoreTest extends ObjectStoreContract {
    private static final AtomicInteger BUCKETS = new AtomicInteger();

    static boolean thereIsDocker() {
        return DockerClientFactory.instance().isDockerAvailable();
    }

    /** Made when it is asked for, since nothing of it can be made without Docker. */
    private static final class Once {
        static final LocalStackContainer LOCAL_STACK =
                new LocalStackContainer(DockerImageName.parse("localstack/localstack:4.9"));
    }

    @BeforeAll
    static void start() {
        Once.LOCAL_STACK.withServices("s3").start();
    }

    @AfterAll
    static void stop() {
        Once.LOCAL_STACK.stop();
    }

    @Override
    protected ObjectStore newStore() {
        String bucket = "bucket-" + BUCKETS.incrementAndGet();
        S3Config config = S3Config.parse(
                new S3Address(bucket, ""),
                new StoreOptions(
                        Map.of(
                                "endpoint", Once.LOCAL_STACK.getEndpoint().toString(),
                                "region", Once.LOCAL_STACK.getRegion(),
                                "access-key-id", Once.LOCAL_STACK.getAccessKey(),
                                "secret-access-key-file",
                                        S3Server.secretFile(Once.LOCAL_STACK.getSecretKey())
                                                .toString()),
                        _ -> Optional.empty()));
        try (S3Clients clients = new S3Clients(config)) {
            clients.any().createBucket(request -> request.bucket(bucket));
        }
        return new S3ObjectStore(config);
    }

    @Override
    public List<String> secrets() {
        return List.of();
    }

    @Override
    public boolean knowsContent() {
        return true;
    }
}
