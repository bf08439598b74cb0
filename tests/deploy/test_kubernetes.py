"""The Kubernetes manifests are valid and fit together."""

from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

FOLDER = Path(__file__).parents[2] / "deploy" / "kubernetes"
Manifest = dict[str, Any]


def manifests() -> list[Manifest]:
    """Return every resource of the folder."""
    paths = [path for path in sorted(FOLDER.glob("*.yaml")) if path.name != "kustomization.yaml"]
    return [manifest for path in paths for manifest in yaml.safe_load_all(path.read_text())]


def of_kind(kind: str) -> list[Manifest]:
    """Return the resources of one kind; there is at least one."""
    found = [manifest for manifest in manifests() if manifest["kind"] == kind]
    assert found, f"no {kind}"
    return found


def pod_labels() -> list[dict[str, str]]:
    """Return the labels of the pods of each deployment."""
    return [deployment["spec"]["template"]["metadata"]["labels"] for deployment in of_kind("Deployment")]


def selects(selector: dict[str, str], labels: dict[str, str]) -> bool:
    """Tell whether a label selector picks a pod with these labels."""
    return selector.items() <= labels.items()


def name_of(manifest: Manifest) -> str:
    """Return a test's name for a resource."""
    return f"{manifest['kind']}/{manifest['metadata']['name']}"


@pytest.mark.parametrize("version", ["1.30", "1.37"])
@pytest.mark.parametrize("manifest", manifests(), ids=name_of)
def test_a_manifest_fits_the_schema(manifest: Manifest, version: str) -> None:
    """Every resource has the fields, and only the fields, that Kubernetes knows, from the oldest version we name on."""
    kubernetes_validate.validate(manifest, version, strict=True)


def test_the_kustomization_lists_every_file() -> None:
    """A manifest that is not listed would silently not be applied."""
    listed = yaml.safe_load((FOLDER / "kustomization.yaml").read_text())["resources"]
    assert sorted([*listed, "kustomization.yaml"]) == sorted(path.name for path in FOLDER.glob("*.yaml"))


@pytest.mark.parametrize("deployment", of_kind("Deployment"), ids=name_of)
def test_a_deployment_selects_its_own_pods(deployment: Manifest) -> None:
    """The selector of a deployment matches the labels of its template, and of no other."""
    selector = deployment["spec"]["selector"]["matchLabels"]
    assert [selects(selector, labels) for labels in pod_labels()].count(True) == 1
    assert selects(selector, deployment["spec"]["template"]["metadata"]["labels"])


@pytest.mark.parametrize("kind", ["PodDisruptionBudget", "NetworkPolicy"])
def test_budgets_and_policies_select_pods_that_exist(kind: str) -> None:
    """A selector that matches nothing protects nothing."""
    for manifest in of_kind(kind):
        selector = manifest["spec"].get("selector") or manifest["spec"]["podSelector"]
        assert any(selects(selector["matchLabels"], labels) for labels in pod_labels()), name_of(manifest)


def test_the_service_leads_to_a_port_of_the_api() -> None:
    """The service selects the pods of the API alone, by the name of a port they have."""
    (service,) = of_kind("Service")
    (api,) = [
        d["spec"]["template"]
        for d in of_kind("Deployment")
        if selects(service["spec"]["selector"], d["spec"]["template"]["metadata"]["labels"])
    ]
    ports = {port["name"] for port in api["spec"]["containers"][0]["ports"]}
    assert {port["targetPort"] for port in service["spec"]["ports"]} <= ports


def test_the_autoscaler_scales_a_deployment_that_sets_no_number() -> None:
    """The autoscaler names a deployment, and no fixed number of replicas fights with it."""
    (autoscaler,) = of_kind("HorizontalPodAutoscaler")
    name = autoscaler["spec"]["scaleTargetRef"]["name"]
    (deployment,) = [d for d in of_kind("Deployment") if d["metadata"]["name"] == name]
    assert "replicas" not in deployment["spec"]


@pytest.mark.parametrize("deployment", of_kind("Deployment"), ids=name_of)
def test_a_pod_has_no_rights_it_does_not_need(deployment: Manifest) -> None:
    """No root, no capabilities, no writable root file system, no token of the cluster."""
    pod = deployment["spec"]["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["automountServiceAccountToken"] is False
    for container in pod["containers"]:
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert {mount["mountPath"] for mount in container["volumeMounts"]} >= {"/data"}


@pytest.mark.parametrize("deployment", of_kind("Deployment"), ids=name_of)
def test_the_service_variables_of_kubernetes_stay_out(deployment: Manifest) -> None:
    """A Service named numeral makes Kubernetes set NUMERAL_PORT to an address, which is no port."""
    assert deployment["spec"]["template"]["spec"]["enableServiceLinks"] is False


def test_secrets_are_referenced_and_not_written() -> None:
    """No manifest holds a secret; pods take them from one that the operator makes."""
    assert not [name_of(manifest) for manifest in manifests() if manifest["kind"] == "Secret"]
    for deployment in of_kind("Deployment"):
        (container,) = deployment["spec"]["template"]["spec"]["containers"]
        assert {"secretRef": {"name": "numeral-secrets"}} in container["envFrom"]
        assert not container.get("env")
