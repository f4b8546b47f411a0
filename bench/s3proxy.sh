# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # what it needs and gives are variables of the caller
# To be sourced: the S3 server that the tests of the store use, on loopback, with the bucket "bench". The build has
# fetched it.

# Starts it in $work as the process $s3proxy, and writes $work/secret; status 1 if it is not there. $root is the project.
start_s3proxy() { # PORT [COMMAND...], which runs it as another user
    local jars=$root/storage-backends/s3/target/server-jars jar java port=$1
    jar=$(find "$jars" -name 's3proxy-*.jar' 2> /dev/null) && [ -n "$jar" ] || return 1
    shift
    java=${JAVA_HOME:+$JAVA_HOME/bin/}java
    mkdir -p "$work/bucket/bench"
    chmod -R a+rwX "$work/bucket"
    cat > "$work/s3proxy.properties" << END
s3proxy.endpoint=http://127.0.0.1:$port
s3proxy.authorization=none
jclouds.provider=filesystem-nio2
jclouds.filesystem.basedir=$work/bucket
jclouds.identity=unused
jclouds.credential=unused
END
    # Its own copy of these classes is too old for another of its libraries, so a newer one comes first.
    LOG_LEVEL=warn "$@" "$java" -Xmx512m -XX:+UseSerialGC \
        -cp "$(find "$jars" -name 'jackson-annotations-*.jar'):$jar" \
        org.gaul.s3proxy.Main --properties "$work/s3proxy.properties" > "$work/s3proxy.log" 2>&1 &
    s3proxy=$!
    for _ in $(seq 100); do
        (exec 3<> "/dev/tcp/127.0.0.1/$port") 2> /dev/null && break
        sleep 0.2
    done
    echo secret > "$work/secret"
}
