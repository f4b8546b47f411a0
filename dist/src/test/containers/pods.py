# SPDX-License-Identifier: Apache-2.0
# Turns examples/kubernetes into what "podman kube play" of Debian takes, each pod in a file DIRECTORY/NAME.yaml: of a
# StatefulSet the pod and its claims, of a CronJob its pod; a Secret as files in a directory, laid out as a kubelet does;
# a repository in a volume. fsGroup and the rights of volumes are the caller's.
# Usage: pods.py DIRECTORY FILE...
import os
import sys

import yaml

directory, files = sys.argv[1], sys.argv[2:]


def secret_directory(name):
    return os.path.join(directory, "secret-" + name)


def write_secret(name, values):
    secret = secret_directory(name)
    version = os.path.join(secret, "..2026_11_27")
    os.makedirs(version)
    os.symlink("..2026_11_27", os.path.join(secret, "..data"))
    for key, value in values.items():
        path = os.path.join(version, key)
        with open(path, "w") as file:
            file.write(value)
        os.chmod(path, 0o440)
        os.chown(path, 0, 999)
        os.symlink(os.path.join("..data", key), os.path.join(secret, key))


def in_directory(configuration):
    bucket = ("endpoint", "access-key-id", "secret-access-key-file")
    lines = [line for line in configuration.splitlines() if not line.startswith(bucket)]
    return "\n".join('url = "file:///var/lib/tidemark"' if line.startswith("url") else line for line in lines) + "\n"


def volume(declared):
    name = declared["name"]
    if "secret" in declared:
        return {"name": name, "hostPath": {"path": secret_directory(declared["secret"]["secretName"])}}
    if "emptyDir" in declared:
        return claim(name, "empty-" + name)
    return declared


def claim(name, claimed):
    return {"name": name, "persistentVolumeClaim": {"claimName": claimed}}


for file in files:
    for document in yaml.safe_load_all(open(file)):
        kind, name, spec = document["kind"], document["metadata"]["name"], document.get("spec")
        if kind == "Secret":
            values = document["stringData"]
            write_secret(name, {**values, "tidemark.toml": in_directory(values["tidemark.toml"])})
        if kind == "StatefulSet":
            claims = [each["metadata"]["name"] for each in spec["volumeClaimTemplates"]]
            name += "-0"
            spec = spec["template"]["spec"]
            spec["volumes"] += [claim(each, each + "-" + name) for each in claims]
        if kind == "CronJob":
            spec = spec["jobTemplate"]["spec"]["template"]["spec"]
        if spec and "containers" in spec:
            spec["restartPolicy"] = "Never"  # this podman starts init containers again otherwise
            spec.pop("nodeSelector")
            spec["volumes"] = [volume(each) for each in spec["volumes"]] + [claim("repository", "repository")]
            for container in spec["containers"]:
                container.pop("resources", None)
                container["volumeMounts"].append({"name": "repository", "mountPath": "/var/lib/tidemark"})
            with open(os.path.join(directory, name + ".yaml"), "w") as pod:
                yaml.safe_dump({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec}, pod)
